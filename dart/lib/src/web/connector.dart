import 'dart:js_interop';
import 'dart:typed_data';

import 'package:web/web.dart' as web;

import '../connection/connection.dart';
import '../connection/request.dart';
import 'connection.dart';

/// A [Connector] for connections of the browser.
Connector connectorFor(ConnectionRequest request) =>
    (listener) => WebConnection(request, listener, _JsSocket.new);

/// Whether a connection waits for `ConnectionRequest.delay` itself.
const connectorDelays = false;

/// A thin wrapper of the browser's object. The logic is in [WebConnection],
/// which is tested without a browser.
final class _JsSocket implements BrowserSocket {
  _JsSocket(String url, List<String> protocols, BrowserSocketListener listener)
    : _socket = web.WebSocket(
        url,
        [for (final protocol in protocols) protocol.toJS].toJS,
      ) {
    _socket
      ..binaryType = 'arraybuffer'
      ..onopen = ((web.Event _) => listener.onOpen()).toJS
      ..onmessage = ((web.MessageEvent event) => listener.onMessage(
        _toDart(event.data),
      )).toJS
      ..onclose = ((web.CloseEvent event) => listener.onClose(
        event.code,
        event.reason,
        event.wasClean,
      )).toJS;
  }

  final web.WebSocket _socket;

  @override
  String get protocol => _socket.protocol;

  @override
  String get extensions => _socket.extensions;

  @override
  bool get isOpen => _socket.readyState == web.WebSocket.OPEN;

  @override
  int get bufferedAmount => _socket.bufferedAmount;

  @override
  void sendText(String text) => _socket.send(text.toJS);

  @override
  void sendBytes(Uint8List bytes) => _socket.send(bytes.toJS);

  @override
  void close(int? code, String reason) =>
      code == null ? _socket.close() : _socket.close(code, reason);

  static Object _toDart(JSAny? data) => data.isA<JSString>()
      ? (data as JSString).toDart
      : (data as JSArrayBuffer).toDart.asUint8List();
}
