// The standard's WebSocket and the SocketTask with dart:io's servers, in one
// process. tests/browser runs the same over a browser's.
import 'dart:async';
import 'dart:io' as io;
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart' show ConnectException;
import 'package:rust_web_socket/socket_task.dart';
import 'package:rust_web_socket/w3c.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  /// The events of [socket] in order, each with its readyState.
  List<String> record(WebSocket socket) {
    final log = <String>[];
    void add(String what) => log.add('${socket.readyState} $what');
    socket.onOpen.listen((event) => add(event.type));
    socket.onMessage.listen((event) => add('message ${event.data}'));
    socket.onError.listen((event) => add(event.type));
    socket.onClose.listen((event) {
      final clean = event.wasClean ? 'clean' : 'not clean';
      add('close ${event.code} "${event.reason}" $clean');
    });
    return log;
  }

  test('messages of every type are echoed', () async {
    final url = await serveEcho();
    final socket = WebSocket('http://${url.host}:${url.port}/echo?a=b');
    expect(socket.url, '$url/echo?a=b');
    await socket.onOpen.first;
    final received = socket.onMessage.take(6).toList();
    socket
      ..send('grüß dich \u{1f600}')
      ..send(Uint16List.fromList([0x0102]))
      ..send(Uint8List(70000).buffer)
      ..sendString('')
      ..sendTypedData(Uint8List(0))
      ..send(<int>[1, 2]);
    final data = [for (final event in await received) event.data];
    expect(data[0], 'grüß dich \u{1f600}');
    expect(data[1], Uint16List.fromList([0x0102]).buffer.asUint8List());
    expect(data[2], hasLength(70000));
    expect(data.sublist(3), [
      '',
      <int>[],
      [1, 2],
    ]);
    expect(data.sublist(1, 3), everyElement(isA<Uint8List>()));

    socket.binaryType = 'arraybuffer';
    for (final size in [1, 70000]) {
      final next = socket.onMessage.first;
      socket.send(Uint8List(size));
      expect(((await next).data as ByteBuffer).lengthInBytes, size);
    }
    expect(socket.bufferedAmount, 0);
    socket.close(3000, 'bye');
    final event = await socket.onClose.first;
    expect((event.code, event.reason, event.wasClean), (3000, 'bye', true));
  });

  test('events come in order, even right after the opening', () async {
    final url = await serve((server) {
      for (var i = 0; i < 3; i++) {
        server.add('$i');
      }
      server.close(3001, 'done');
    });
    final socket = WebSocket('$url');
    final log = record(socket);
    await socket.onClose.first;
    expect(log, [
      '1 open',
      '1 message 0',
      '1 message 1',
      '1 message 2',
      '3 close 3001 "done" clean',
    ]);
  });

  test('reactions to a message run before the next one', () async {
    final url = await serveFrames((peer) {
      // Ten messages and a Close frame in one segment.
      peer.send([
        for (var i = 0; i < 10; i++) ...[0x81, 1, 0x30 + i],
        0x88,
        0,
      ]);
    });
    final socket = WebSocket('$url');
    final closed = socket.onClose.first;
    // A late listener misses messages, so none may arrive in between.
    for (var i = 0; i < 10; i++) {
      expect((await socket.onMessage.first).data, '$i');
      await Future<void>.value();
    }
    await closed;
  });

  test('the chosen subprotocol is known', () async {
    final url = await serve(
      (server) => server.drain<void>(),
      selectProtocol: (offered) => offered.last,
    );
    final socket = WebSocket('$url', ['a', 'b']);
    await socket.onOpen.first;
    expect(socket.protocol, 'b');
    expect(socket.extensions, '');
    socket.close();
    expect((await socket.onClose.first).code, 1005);
  });

  test('a subprotocol that the server ignores fails the connection', () async {
    final url = await serve((server) => server.drain<void>());
    final socket = WebSocket('$url', 'a');
    final log = record(socket);
    await socket.onClose.first;
    expect(log, ['3 error', '3 close 1006 "" not clean']);
  });

  test('a failed connect is an error and a close', () async {
    final unused = await io.ServerSocket.bind(
      io.InternetAddress.loopbackIPv4,
      0,
    );
    final refusing = 'ws://127.0.0.1:${unused.port}';
    await unused.close();
    final noWebSocket = await serveHttp((request) {
      request.response.statusCode = 404;
      request.response.close();
    });
    for (final url in [refusing, '$noWebSocket']) {
      final socket = WebSocket(url);
      final log = record(socket);
      final error = socket.onError.first;
      await socket.onClose.first;
      expect(log, ['3 error', '3 close 1006 "" not clean']);
      expect((await error).error, isA<ConnectException>());
      expect(socket.bufferedAmount, 0);
      socket.send('dropped');
      expect(socket.bufferedAmount, 7);
    }
  });

  test('a close while connecting does not wait for the server', () async {
    final url = await serveTcp((connection) => connection.drain<void>());
    final socket = WebSocket('$url');
    final log = record(socket);
    socket.close();
    expect(socket.readyState, WebSocket.CLOSING);
    await socket.onClose.first;
    expect(log, ['3 error', '3 close 1006 "" not clean']);
  });

  test('a violation of the protocol is an error and 1006', () async {
    final url = await serveFrames((peer) {
      peer.sendFrame(0x1, [0x61]);
      // A reserved bit that no extension has given a meaning.
      peer.sendFrame(0x1, [0x62], flags: 0xc0);
    });
    final socket = WebSocket('$url');
    final log = record(socket);
    await socket.onClose.first;
    expect(log, [
      '1 open',
      '1 message a',
      '3 error',
      '3 close 1006 "" not clean',
    ]);
  });

  test('a lost connection is an error and 1006', () async {
    final url = await serveFrames((peer) => peer.socket.destroy());
    final socket = WebSocket('$url');
    final log = record(socket);
    await socket.onClose.first;
    expect(log, ['1 open', '3 error', '3 close 1006 "" not clean']);
  });

  test('bufferedAmount counts what the server has not read', () async {
    late final io.Socket server;
    final url = await serveTcp((connection) {
      server = connection;
      late final StreamSubscription<Uint8List> head;
      head = connection.listen((bytes) {
        head.pause();
        connection.write(upgradeResponse(String.fromCharCodes(bytes)));
      });
    });
    final socket = WebSocket('$url');
    await socket.onOpen.first;
    socket
      ..send(Uint8List(1000))
      ..send('x');
    expect(socket.bufferedAmount, 1001);
    // Until the sockets are full, whatever their size.
    while (socket.bufferedAmount < 1 << 20) {
      socket.send(Uint8List(256 << 10));
      await pumpEventQueue();
    }
    final amount = socket.bufferedAmount;
    socket
      ..close()
      ..send('late');
    expect(socket.bufferedAmount, inInclusiveRange(4, amount + 4));
    server.destroy();
    final event = await socket.onClose.first;
    expect((event.code, event.wasClean), (1006, false));
  });

  test('a task sends, and receives all events', () async {
    final url = await serve(
      (server) => server.listen(server.add),
      selectProtocol: (offered) => offered.first,
    );
    final task = connectSocket(
      url: '$url',
      protocols: ['chat'],
      timeout: const Duration(seconds: 20),
    );
    final log = <Object>[];
    final closed = Completer<void>();
    task
      ..onOpen((_) {
        task
          ..send(data: 'text', success: (result) => log.add(result.errMsg))
          ..send(data: Uint8List.fromList([1, 2]).buffer);
      })
      ..onMessage((event) {
        final data = event.data;
        log.add(data is ByteBuffer ? data.asUint8List() : data);
        if (data is ByteBuffer) task.close(code: 3000, reason: 'bye');
      })
      ..onClose((event) {
        log.add('${event.code} ${event.reason}');
        closed.complete();
      });
    await closed.future;
    expect(log, [
      'sendSocketMessage:ok',
      'text',
      [1, 2],
      '3000 bye',
    ]);
  });
}
