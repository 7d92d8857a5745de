// Every implementation of `Connection` behaves alike.
import 'dart:async';
import 'dart:io' as io;
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/connection.dart';
import 'package:rust_web_socket/src/connection/connector.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/web/connection.dart';
import 'package:rust_web_socket/testing.dart';

import 'conformance/behaviours.dart';
import 'conformance/implementation.dart';
import 'conformance/networked.dart';

void main() {
  testConnection(const Networked('native', connectorFor, canPing: true));
  testConnection(const Networked('reconnecting', reconnecting, canPing: true));
  testConnection(const Networked('web', _web, canPing: false));
  testConnection(const _Fake());
}

Connector _web(ConnectionRequest request) =>
    (listener) => WebConnection(request, listener, _DartIoBrowserSocket.new);

/// A browser's socket over dart:io, as far as a program can tell.
final class _DartIoBrowserSocket implements BrowserSocket {
  _DartIoBrowserSocket(
    String url,
    List<String> protocols,
    BrowserSocketListener listener,
  ) {
    unawaited(_run(url, protocols, listener));
  }

  late final io.WebSocket _socket;

  Future<void> _run(
    String url,
    List<String> protocols,
    BrowserSocketListener listener,
  ) async {
    try {
      _socket = await io.WebSocket.connect(url, protocols: protocols);
    } on Exception {
      return listener.onClose(1006, '', false);
    }
    // Before the opening, in which the connection may close: dart:io drains a
    // stream then that has no listener.
    final end = _socket.forEach(
      (message) => listener.onMessage(message as Object),
    );
    listener.onOpen();
    await end;
    final code = _socket.closeCode;
    // dart:io has 1005 for a lost connection, too.
    final isLost =
        code == null ||
        code == io.WebSocketStatus.abnormalClosure ||
        code == io.WebSocketStatus.noStatusReceived && !_isClosing;
    listener.onClose(isLost ? 1006 : code, _socket.closeReason ?? '', !isLost);
  }

  bool _isClosing = false;

  @override
  bool get isOpen => _socket.readyState == io.WebSocket.open;

  @override
  String get protocol => _socket.protocol ?? '';

  @override
  String get extensions => '';

  @override
  int get bufferedAmount => 0;

  @override
  void sendText(String text) => _socket.add(text);

  @override
  void sendBytes(Uint8List bytes) => _socket.add(bytes);

  @override
  void close(int? code, String reason) {
    _isClosing = true;
    _socket.close(code, reason).ignore();
  }
}

/// The fake that users test their code with.
final class _Fake implements Implementation {
  const _Fake();

  @override
  String get name => 'fake';

  @override
  bool get canPing => true;

  @override
  Future<Server> start({String? protocol, int? maxBufferedAmount}) async =>
      _FakeServer(protocol, maxBufferedAmount);
}

final class _FakeServer implements Server {
  _FakeServer(String? protocol, int? maxBufferedAmount) {
    _server = FakeServer(
      onConnect: (channel) => _peer.complete(_FakePeer(_server, channel)),
      protocol: protocol,
    );
    _server.controls.maxBufferedAmount = maxBufferedAmount;
  }

  late final FakeServer _server;
  final _peer = Completer<Peer>();

  @override
  Connector get connector => _server.connector;

  @override
  Connector get failingConnector =>
      (FakeServer()..refusal = const ConnectionRefusedException('refused'))
          .connector;

  @override
  Future<Peer> accept() => _peer.future;
}

final class _FakePeer implements Peer {
  _FakePeer(this._server, this._channel);

  final FakeServer _server;
  final RustWebSocketChannel _channel;
  late final StreamIterator<dynamic> _messages = StreamIterator(
    _channel.stream,
  );

  @override
  Future<Object?> receive() async =>
      await _messages.moveNext() ? _messages.current as Object : null;

  @override
  (int?, String?) get closed => (_channel.closeCode, _channel.closeReason);

  @override
  void send(Object message) => _channel.sink.add(message);

  @override
  void close(int code, String reason) => _channel.sink.close(code, reason);

  @override
  void drop() => _server.dropConnections();
}
