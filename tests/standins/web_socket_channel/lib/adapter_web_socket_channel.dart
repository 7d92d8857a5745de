/// Stand-in for package:web_socket_channel: a channel over a WebSocket of
/// package:web_socket.
library;

import 'dart:async';
import 'dart:typed_data';

import 'package:async/async.dart';
import 'package:stream_channel/stream_channel.dart';
import 'package:web_socket/web_socket.dart';

import 'src/channel.dart';
import 'src/exception.dart';

class AdapterWebSocketChannel extends StreamChannelMixin<dynamic>
    implements WebSocketChannel {
  /// Adapts [webSocket], which may be still connecting.
  AdapterWebSocketChannel(FutureOr<WebSocket> webSocket) {
    final opening = webSocket is Future<WebSocket>
        ? webSocket
        : Future.value(webSocket);
    opening.then(_attach, onError: _fail);
  }

  factory AdapterWebSocketChannel.connect(
    Uri url, {
    Iterable<String>? protocols,
  }) => AdapterWebSocketChannel(
    Future.sync(() => WebSocket.connect(url, protocols: protocols)),
  );

  final StreamChannelController<Object?> _controller = StreamChannelController(
    sync: true,
    allowForeignErrors: false,
  );
  final Completer<void> _ready = Completer();
  (int?, String?) _localClose = (null, null);

  @override
  late final WebSocketSink sink = _Sink(this);

  @override
  Stream<dynamic> get stream => _controller.foreign.stream;

  @override
  Future<void> get ready => _ready.future;

  @override
  String? get protocol => _protocol;
  String? _protocol;

  @override
  int? get closeCode => _closeCode;
  int? _closeCode;

  @override
  String? get closeReason => _closeReason;
  String? _closeReason;

  void _attach(WebSocket webSocket) {
    final received = _controller.local.sink;
    webSocket.events.listen((event) {
      switch (event) {
        case TextDataReceived(:final text):
          received.add(text);
        case BinaryDataReceived(:final data):
          received.add(data);
        case CloseReceived(:final code, :final reason):
          _closeCode = code;
          _closeReason = reason;
          received.close();
      }
    });
    _controller.local.stream.listen(
      (message) => _unlessClosed(() => _send(webSocket, message)),
      onDone: () =>
          _unlessClosed(() => webSocket.close(_localClose.$1, _localClose.$2)),
    );
    _protocol = webSocket.protocol;
    _ready.complete();
  }

  void _fail(Object error) {
    final failure = error is TimeoutException
        ? error
        : WebSocketChannelException.from(error);
    _ready.completeError(failure);
    _controller.local.sink
      ..addError(failure)
      ..close();
  }

  static void _send(WebSocket webSocket, Object? message) => switch (message) {
    String() => webSocket.sendText(message),
    Uint8List() => webSocket.sendBytes(message),
    List<int>() => webSocket.sendBytes(Uint8List.fromList(message)),
    _ => throw UnsupportedError('Cannot send ${message.runtimeType}'),
  };

  /// The peer may have closed meanwhile, which the stream tells.
  static Future<void> _unlessClosed(FutureOr<void> Function() call) async {
    try {
      await call();
    } on WebSocketConnectionClosed {
      return;
    }
  }
}

class _Sink extends DelegatingStreamSink<dynamic> implements WebSocketSink {
  _Sink(this._channel) : super(_channel._controller.foreign.sink);

  final AdapterWebSocketChannel _channel;

  @override
  Future<dynamic> close([int? closeCode, String? closeReason]) {
    _channel._localClose = (closeCode, closeReason);
    return super.close();
  }
}
