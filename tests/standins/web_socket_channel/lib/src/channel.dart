import 'package:async/async.dart';
import 'package:stream_channel/stream_channel.dart';

import '../adapter_web_socket_channel.dart';

/// A channel over a WebSocket.
abstract interface class WebSocketChannel extends StreamChannelMixin<dynamic> {
  /// Connects with dart:io or the browser in the real package; here it fails.
  static WebSocketChannel connect(Uri uri, {Iterable<String>? protocols}) =>
      AdapterWebSocketChannel.connect(uri, protocols: protocols);

  /// The subprotocol of the server's choice; null before the connection is open.
  String? get protocol;

  /// The code that the connection was closed with; null before.
  int? get closeCode;

  /// The reason that it was closed with; null before.
  String? get closeReason;

  /// Completes when the connection is open, or fails.
  Future<void> get ready;

  @override
  WebSocketSink get sink;
}

/// A sink whose [close] can tell the peer why.
abstract interface class WebSocketSink
    implements DelegatingStreamSink<dynamic> {
  @override
  Future<dynamic> close([int? closeCode, String? closeReason]);
}
