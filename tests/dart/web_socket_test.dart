// package:web_socket's contract, beside its own conformance suite.
import 'dart:async';
import 'dart:io' as io;
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart';
import 'package:web_socket_channel/adapter_web_socket_channel.dart';

import 'support/servers.dart';

void main() {
  test('events are typed by opcode, and CloseReceived comes last', () async {
    final url = await serve((socket) {
      socket
        ..add('text')
        ..add(Uint8List.fromList([1, 2]))
        ..close(3001, 'bye');
    });
    final socket = await RustWebSocket.connect(url);
    expect(await socket.events.toList(), [
      TextDataReceived('text'),
      BinaryDataReceived(Uint8List.fromList([1, 2])),
      CloseReceived(3001, 'bye'),
    ]);
  });

  test('the states have the numbers of dart:io', () {
    expect(RustWebSocket.connecting, io.WebSocket.connecting);
    expect(RustWebSocket.open, io.WebSocket.open);
    expect(RustWebSocket.closing, io.WebSocket.closing);
    expect(RustWebSocket.closed, io.WebSocket.closed);
  });

  test('a local close ends the events without a CloseReceived', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    expect(socket.events.toList(), completion(isEmpty));
    expect(socket.readyState, RustWebSocket.open);
    final closed = socket.close(3000, 'reason');
    expect(socket.readyState, RustWebSocket.closing);
    await closed;
    final info = await socket.ended;
    expect(socket.readyState, RustWebSocket.closed);
    expect(info.code, 3000);
    expect(socket.closeInfo, info);
  });

  test('after a local close, calls throw WebSocketConnectionClosed', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    await socket.close();
    final closed = throwsA(isA<WebSocketConnectionClosed>());
    expect(() => socket.sendText(''), closed);
    expect(() => socket.sendBytes(Uint8List(0)), closed);
    await expectLater(socket.close(), closed);
  });

  test(
    'after a received close, calls throw WebSocketConnectionClosed',
    () async {
      final url = await serve((socket) => socket.close());
      final socket = await RustWebSocket.connect(url);
      await socket.events.drain<void>();
      final closed = throwsA(isA<WebSocketConnectionClosed>());
      expect(() => socket.sendText(''), closed);
      await expectLater(socket.close(), closed);
    },
  );

  test(
    'a send right after connect does not throw if the peer is gone',
    () async {
      final url = await serveFrames((peer) => peer.socket.destroy());
      final socket = await RustWebSocket.connect(url);
      socket.sendText('too late');
      expect(await socket.events.toList(), [CloseReceived(1006)]);
    },
  );

  test('close rejects an invalid code or reason', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    await expectLater(socket.close(1001), throwsArgumentError);
    await expectLater(socket.close(1000, 'é' * 62), throwsArgumentError);
    expect(socket.readyState, RustWebSocket.open);
    await socket.close();
  });

  test('events can be paused', () async {
    final url = await serve((socket) {
      for (var i = 0; i < 100; i++) {
        socket.add('$i');
      }
      unawaited(socket.close());
    });
    final socket = await RustWebSocket.connect(url);
    final texts = <String>[];
    await for (final event in socket.events) {
      // `await for` pauses while its body waits.
      await Future<void>.delayed(Duration.zero);
      if (event is TextDataReceived) texts.add(event.text);
    }
    expect(texts, [for (var i = 0; i < 100; i++) '$i']);
  });

  test('a subprotocol may be offered in a header field', () async {
    final url = await serve(
      (socket) => socket.listen(null),
      selectProtocol: (offered) => offered.last,
    );
    final socket = await RustWebSocket.connect(
      url,
      headers: {'sec-websocket-protocol': 'first, second'},
    );
    expect(socket.protocol, 'second');
    await socket.close();
  });

  test('AdapterWebSocketChannel works with it', () async {
    final channel = AdapterWebSocketChannel(
      RustWebSocket.connect(await serveEcho()),
    );
    channel.sink
      ..add('text')
      ..add([1, 2]);
    expect(await channel.stream.take(2).toList(), [
      'text',
      [1, 2],
    ]);
    await channel.sink.close();
  });

  test('AdapterWebSocketChannel reports a failed connect', () async {
    final url = await serveTcp((socket) => socket.destroy());
    final channel = AdapterWebSocketChannel(RustWebSocket.connect(url));
    channel.stream.listen(null, onError: (_) {});
    await expectLater(
      channel.ready,
      throwsA(
        isA<WebSocketChannelException>().having(
          (error) => error.inner,
          'inner',
          isA<BadReplyException>(),
        ),
      ),
    );
  });
}
