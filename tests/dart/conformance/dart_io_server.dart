import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/src/connection/connection.dart';
import 'package:test/test.dart';

import '../support/servers.dart';
import 'implementation.dart';

/// A server over dart:io, closed after the test.
final class DartIoServer implements Server {
  DartIoServer._(
    this._server,
    this._connectorFor,
    this._protocol,
    this._unused,
  );

  /// Starts a server, to which [connectorFor] connects.
  static Future<DartIoServer> start(
    Connector Function(Uri url) connectorFor, {
    String? protocol,
  }) async {
    final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    addTearDown(() => server.close(force: true));
    final unused = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final port = unused.port;
    await unused.close();
    return DartIoServer._(
      server,
      connectorFor,
      protocol,
      Uri.parse('ws://127.0.0.1:$port'),
    );
  }

  final HttpServer _server;
  final Connector Function(Uri url) _connectorFor;
  final String? _protocol;
  final Uri _unused;
  late final StreamIterator<HttpRequest> _requests = StreamIterator(_server);

  @override
  Connector get connector =>
      _connectorFor(Uri.parse('ws://127.0.0.1:${_server.port}'));

  @override
  Connector get failingConnector => _connectorFor(_unused);

  @override
  Future<Peer> accept() async {
    await _requests.moveNext();
    final request = _requests.current;
    final key = request.headers.value('sec-websocket-key')!;
    final response = request.response
      ..statusCode = HttpStatus.switchingProtocols
      ..contentLength = 0;
    response.headers
      ..set('connection', 'Upgrade')
      ..set('upgrade', 'websocket')
      ..set('sec-websocket-accept', acceptKey(key));
    if (_protocol case final protocol?) {
      response.headers.set('sec-websocket-protocol', protocol);
    }
    final socket = await response.detachSocket();
    addTearDown(socket.destroy);
    return _DartIoPeer(
      socket,
      WebSocket.fromUpgradedSocket(socket, serverSide: true),
    );
  }
}

final class _DartIoPeer implements Peer {
  _DartIoPeer(this._socket, this._webSocket);

  final Socket _socket;
  final WebSocket _webSocket;
  late final StreamIterator<dynamic> _messages = StreamIterator(_webSocket);

  @override
  Future<Object?> receive() async =>
      await _messages.moveNext() ? _messages.current as Object : null;

  @override
  (int?, String?) get closed => (_webSocket.closeCode, _webSocket.closeReason);

  @override
  void send(Object message) => _webSocket.add(message);

  @override
  void close(int code, String reason) {
    _webSocket.close(code, reason).ignore();
    // Its answer is read.
    receive().ignore();
  }

  @override
  void drop() => _socket.destroy();
}
