// The rules of the WHATWG's WebSockets Standard, over fakes: no network, no
// native library.
import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart'
    show
        CloseInfo,
        CloseInitiator,
        ConnectionRefusedException,
        RustWebSocketChannel;
import 'package:rust_web_socket/src/connection/connection.dart';
import 'package:rust_web_socket/src/testing/memory_connection.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:rust_web_socket/w3c.dart';
import 'package:test/test.dart';

void main() {
  late RustWebSocketChannel peer;

  FakeServer listen({String? protocol}) =>
      FakeServer(onConnect: (it) => peer = it, protocol: protocol);

  Future<WebSocket> connect() async {
    final socket = listen().connectW3c();
    await socket.onOpen.first;
    return socket;
  }

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

  WebSocket silent(String url, [Object? protocols]) =>
      WebSocket.over((_) => _Idle.new, url, protocols);

  group('the constants', () {
    test('have the numbers of the standard', () {
      expect(
        [
          WebSocket.CONNECTING,
          WebSocket.OPEN,
          WebSocket.CLOSING,
          WebSocket.CLOSED,
        ],
        [0, 1, 2, 3],
      );
    });
  });

  group('the URL', () {
    test('is normalised', () {
      for (final (given, normal) in [
        ('ws://Host.Test', 'ws://host.test/'),
        ('ws://host.test:80/a?b=c', 'ws://host.test/a?b=c'),
        ('ws://host.test:443/', 'ws://host.test:443/'),
        ('wss://host.test:443', 'wss://host.test/'),
        ('http://host.test:8080/a', 'ws://host.test:8080/a'),
        ('https://host.test?q', 'wss://host.test/?q'),
        (' ws://[::1]:3000/ ', 'ws://[::1]:3000/'),
      ]) {
        expect(silent(given).url, normal);
      }
    });

    test('that is invalid is a SyntaxError', () {
      for (final url in [
        '',
        '/chat',
        'ftp://host.test/',
        'ws://',
        'ws://host.test:70000/',
        'ws://host.test:x/',
        'ws://host.test/#',
        'ws://host.test/#top',
        'ws://[::1/',
      ]) {
        expect(
          () => WebSocket(url),
          throwsA(
            isA<SyntaxError>()
                .having((it) => it.name, 'name', DomException.SYNTAX)
                .having((it) => it.message, 'message', isNotEmpty),
          ),
        );
      }
    });
  });

  group('subprotocols', () {
    test('are a String or a list', () {
      expect(silent('ws://host.test', 'chat').protocol, '');
      expect(silent('ws://host.test', ['a', 'b']).protocol, '');
      expect(silent('ws://host.test', <String>[]).protocol, '');
      expect(() => silent('ws://host.test', 1), throwsArgumentError);
    });

    test('that are invalid or offered twice are a SyntaxError', () {
      for (final protocols in [
        '',
        'a b',
        'a,b',
        'ä',
        ['a', ''],
        ['a', 'b', 'a'],
      ]) {
        expect(
          () => WebSocket('ws://host.test', protocols),
          throwsA(isA<SyntaxError>()),
        );
      }
    });

    test('have the choice of the server', () async {
      final socket = listen(protocol: 'b').connectW3c(['a', 'b']);
      await socket.onOpen.first;
      expect(socket.protocol, 'b');
      expect(socket.extensions, '');
    });

    test('fail the connection if the server chooses none of them', () async {
      for (final (chosen, offered) in [(null, 'a'), ('b', 'a'), ('b', null)]) {
        final socket = listen(protocol: chosen).connectW3c(offered);
        final log = record(socket);
        final error = socket.onError.first;
        await socket.onClose.first;
        expect((await error).message, contains('The server chose'));
        expect(log, ['3 error', '3 close 1006 "" not clean']);
        await peer.sink.done;
        expect(socket.protocol, '');
      }
    });

    test('are not named in an error, since they may be secret', () async {
      for (final chosen in [null, 'other.s3cret']) {
        final socket = listen(
          protocol: chosen,
        ).connectW3c(['chat', 'bearer.s3cret']);
        final message = (await socket.onError.first).message;
        expect(message, isNot(contains('s3cret')));
      }
    });
  });

  group('events', () {
    test('come in order, with the right readyState', () async {
      final socket = listen().connectW3c();
      expect(socket.readyState, WebSocket.CONNECTING);
      final log = record(socket);
      peer.sink
        ..add('a')
        ..add([1, 2]);
      unawaited(peer.sink.close(3000, 'bye'));
      await socket.onClose.first;
      expect(log, [
        '1 open',
        '1 message a',
        '1 message [1, 2]',
        '3 close 3000 "bye" clean',
      ]);
    });

    test('of a failed connect are an error and a close', () async {
      const refusal = ConnectionRefusedException('refused');
      final socket = (listen()..refusal = refusal).connectW3c();
      final log = record(socket);
      final error = socket.onError.first;
      await socket.onClose.first;
      expect(log, ['3 error', '3 close 1006 "" not clean']);
      expect((await error).error, same(refusal));
      expect((await error).message, 'refused');
    });

    test('of a lost connection are an error and a close', () async {
      final server = listen();
      final socket = server.connectW3c();
      final log = record(socket);
      await socket.onOpen.first;
      server.dropConnections();
      await socket.onClose.first;
      expect(log, ['1 open', '3 error', '3 close 1006 "" not clean']);
    });

    test('reach all listeners, and are lost without one', () async {
      final socket = await connect();
      peer.sink.add('nobody hears it');
      await pumpEventQueue();
      final first = socket.onMessage.first;
      final second = socket.onMessage.first;
      peer.sink.add('hello');
      expect((await first).data, 'hello');
      expect((await second).data, 'hello');
    });

    test('continue after a listener that throws in its zone', () async {
      final errors = <Object>[];
      final data = <Object>[];
      await runZonedGuarded(() async {
        final socket = await connect();
        socket.onMessage.listen((event) {
          data.add(event.data);
          throw 'thrown by ${event.data}';
        });
        peer.sink
          ..add('a')
          ..add('b');
        unawaited(peer.sink.close());
        await socket.onClose.first;
      }, (error, _) => errors.add(error));
      expect(data, ['a', 'b']);
      expect(errors, ['thrown by a', 'thrown by b']);
    });

    test('that never come do not fail a waiting future', () async {
      final socket = await connect();
      var failed = false;
      unawaited(socket.onError.first.then((_) => failed = true));
      unawaited(peer.sink.close());
      await socket.onClose.first;
      await pumpEventQueue();
      expect(failed, isFalse);
    });

    test('of a message have the origin', () async {
      for (final (url, origin) in [
        ('ws://user:secret@host.test:3000/a?b', 'ws://host.test:3000'),
        ('https://[::1]/', 'wss://[::1]'),
      ]) {
        late final ConnectionListener listener;
        final socket = WebSocket.over(
          (_) =>
              (it) => _Idle(listener = it),
          url,
          null,
        );
        listener.onOpen(null);
        final message = socket.onMessage.first;
        listener.onMessage('x');
        expect((await message).origin, origin);
      }
    });
  });

  group('binaryType', () {
    test('chooses between typed data and a buffer', () async {
      final socket = await connect();
      final data = <Object>[];
      socket.onMessage.listen((event) => data.add(event.data));
      expect(socket.binaryType, 'typeddata');
      peer.sink.add([1, 2]);
      await pumpEventQueue();
      socket.binaryType = 'arraybuffer';
      expect(socket.binaryType, 'arraybuffer');
      peer.sink
        ..add([3, 4])
        ..add('text stays text');
      await pumpEventQueue();
      expect(data[0], isA<Uint8List>());
      expect((data[1] as ByteBuffer).asUint8List(), [3, 4]);
      expect(data[2], 'text stays text');
    });

    test('gives a buffer with exactly the message', () async {
      late final ConnectionListener listener;
      final socket = WebSocket.over(
        (_) =>
            (it) => _Idle(listener = it),
        'ws://host.test',
        null,
      )..binaryType = 'arraybuffer';
      listener.onOpen(null);
      final message = socket.onMessage.first;
      listener.onMessage(Uint8List.sublistView(Uint8List(9), 3, 5));
      expect(((await message).data as ByteBuffer).lengthInBytes, 2);
    });

    test('rejects other values', () {
      final socket = silent('ws://host.test');
      expect(() => socket.binaryType = 'blob', throwsArgumentError);
      expect(socket.binaryType, 'typeddata');
    });
  });

  group('send', () {
    test('accepts text, typed data, buffers and lists of bytes', () async {
      final socket = await connect();
      final numbers = Uint16List.fromList([0x0102, 0x0304]);
      final memory = numbers.buffer.asUint8List();
      socket
        ..send('text')
        ..send(Uint8List.fromList([1, 2]))
        ..send(numbers)
        ..send(ByteData.sublistView(numbers, 1))
        ..send(numbers.buffer)
        ..send(<int>[1, 257])
        ..sendString('more')
        ..sendTypedData(Int8List.fromList([-1]))
        ..sendByteBuffer(Uint8List(3).buffer);
      expect(await peer.stream.take(9).toList(), [
        'text',
        [1, 2],
        memory,
        memory.sublist(2),
        memory,
        [1, 1],
        'more',
        [255],
        [0, 0, 0],
      ]);
    });

    test('rejects other data', () async {
      final socket = await connect();
      for (final data in [1, Object(), DateTime.now(), <String>[]]) {
        expect(() => socket.send(data), throwsArgumentError);
      }
    });

    test('while connecting is an InvalidStateError', () {
      final socket = listen().connectW3c();
      for (final send in [
        () => socket.send('early'),
        () => socket.send(<int>[1]),
        () => socket.sendString('early'),
        () => socket.sendTypedData(Uint8List(1)),
        () => socket.sendByteBuffer(Uint8List(1).buffer),
      ]) {
        expect(
          send,
          throwsA(
            isA<InvalidStateError>().having(
              (it) => it.name,
              'name',
              DomException.INVALID_STATE,
            ),
          ),
        );
      }
      expect(socket.bufferedAmount, 0);
    });

    test('of a lone surrogate is a SyntaxError', () async {
      final socket = await connect();
      for (final text in ['\ud800', 'a\udc00b', '\udc00\ud800', '\ud83d!']) {
        expect(() => socket.send(text), throwsA(isA<SyntaxError>()));
      }
      socket.send('\u{1f600}ä');
      expect(await peer.stream.first, '\u{1f600}ä');
    });

    test('after the close only increases bufferedAmount', () async {
      final socket = await connect();
      socket
        ..close()
        ..send('aä')
        ..send(<int>[1, 2]);
      expect(socket.readyState, WebSocket.CLOSING);
      expect(socket.bufferedAmount, 5);
      await socket.onClose.first;
      socket.send(Uint16List(2).buffer);
      expect(socket.bufferedAmount, 9);
      expect(() => socket.send('\ud800'), throwsA(isA<SyntaxError>()));
      expect(await peer.stream.toList(), isEmpty);
    });

    test('counts unsent bytes of the connection', () {
      late final ConnectionListener listener;
      final socket = WebSocket.over(
        (_) =>
            (it) => _Idle(listener = it),
        'ws://host.test',
        null,
      );
      listener.onOpen(null);
      socket
        ..send('abc')
        ..send(Uint8List(4));
      expect(socket.bufferedAmount, 7);
      socket
        ..close()
        ..send('late');
      expect(socket.bufferedAmount, 11);
    });
  });

  group('close', () {
    test('sends the code and the reason', () async {
      final socket = await connect();
      final log = record(socket);
      socket
        ..send('last')
        ..close(3001, 'bye');
      expect(socket.readyState, WebSocket.CLOSING);
      await socket.onClose.first;
      expect(log, ['3 close 3001 "bye" clean']);
      expect(await peer.stream.toList(), ['last']);
      expect((peer.closeCode, peer.closeReason), (3001, 'bye'));
    });

    test('without a code sends none', () async {
      final socket = await connect();
      socket.close(null, 'not sent');
      final event = await socket.onClose.first;
      expect((event.code, event.reason, event.wasClean), (1005, '', true));
      await peer.stream.drain<void>();
      expect(peer.closeCode, 1005);
    });

    test('drops later messages', () async {
      final socket = await connect();
      final log = record(socket);
      peer.sink.add('late');
      socket.close(1000);
      await socket.onClose.first;
      expect(log, ['3 close 1000 "" clean']);
    });

    test('while connecting fails the connection, not in the call', () async {
      final socket = listen().connectW3c();
      final log = record(socket);
      socket.close(3000, 'not sent');
      expect(socket.readyState, WebSocket.CLOSING);
      expect(log, isEmpty);
      await socket.onClose.first;
      expect(log, ['3 error', '3 close 1006 "" not clean']);
      await peer.stream.drain<void>();
      await pumpEventQueue();
      expect(log, hasLength(2));
    });

    test('does nothing the second time', () async {
      final socket = await connect();
      socket
        ..close(3000)
        ..close(3001);
      expect((await socket.onClose.first).code, 3000);
      socket.close(3002);
      expect(socket.readyState, WebSocket.CLOSED);
    });

    test('rejects codes that are not for applications', () async {
      final socket = await connect();
      for (final code in [-1, 0, 999, 1001, 1005, 1006, 2999, 5000]) {
        expect(
          () => socket.close(code),
          throwsA(
            isA<InvalidAccessError>().having(
              (it) => it.name,
              'name',
              DomException.INVALID_ACCESS,
            ),
          ),
        );
      }
      expect(socket.readyState, WebSocket.OPEN);
    });

    test('rejects reasons that are too long', () async {
      final socket = await connect();
      for (final reason in ['x' * 124, 'ä' * 62, '\udc00']) {
        expect(() => socket.close(1000, reason), throwsA(isA<SyntaxError>()));
      }
      expect(socket.readyState, WebSocket.OPEN);
      socket.close(1000, 'ä' * 61);
      expect((await socket.onClose.first).reason, 'ä' * 61);
    });
  });

  group('an end', () {
    Future<List<String>> endWith(CloseInfo info, {bool closed = false}) async {
      late final ConnectionListener listener;
      final socket = WebSocket.over(
        (_) =>
            (it) => _Idle(listener = it),
        'ws://host.test',
        null,
      );
      listener.onOpen(null);
      final log = record(socket);
      if (closed) socket.close();
      listener
        ..onClosed(info)
        ..onDone();
      return log;
    }

    test('for which this side failed the connection is 1006', () async {
      // RFC 6455 section 7.1.5: no Close frame was received.
      const info = CloseInfo(
        code: 1002,
        reason: '',
        initiator: CloseInitiator.local,
        isClean: false,
        error: 'A reserved bit is set',
      );
      expect(await endWith(info), ['3 error', '3 close 1006 "" not clean']);
    });

    test('without an answer to the close is not an error', () async {
      const info = CloseInfo(
        code: 1006,
        reason: '',
        initiator: CloseInitiator.local,
        isClean: false,
        error: 'No Close frame came in time',
      );
      expect(await endWith(info, closed: true), ['3 close 1006 "" not clean']);
    });
  });
}

/// A connection whose events a test decides.
final class _Idle extends MemoryConnection {
  _Idle(super.listener);

  @override
  void sendText(String text, {bool? compress}) => bufferedAmount += text.length;

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      bufferedAmount += bytes.length;

  @override
  Future<void> close(int? code, String reason) => closeWritten;

  @override
  Object? noSuchMethod(Invocation invocation) => throw UnimplementedError();
}
