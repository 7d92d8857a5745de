import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';

/// A client to measure.
abstract interface class BenchmarkClient {
  /// Its name in the results.
  String get name;

  /// Connects, without compression.
  Future<void> connect(Uri url);

  void send(Object message);

  /// Calls [onMessage] for each message from now on.
  void listen(void Function(Object message) onMessage);

  Future<void> close();
}

/// dart:io's client.
final class DartIoClient implements BenchmarkClient {
  late WebSocket _socket;
  late StreamSubscription<dynamic> _messages;

  @override
  String get name => 'dart:io';

  @override
  Future<void> connect(Uri url) async {
    _socket = await WebSocket.connect(
      '$url',
      compression: CompressionOptions.compressionOff,
    );
    _messages = _socket.listen(null);
  }

  @override
  void send(Object message) => _socket.add(message);

  @override
  void listen(void Function(Object message) onMessage) =>
      _messages.onData((message) => onMessage(message as Object));

  @override
  Future<void> close() => _socket.close();
}

/// This package's client.
final class RustClient implements BenchmarkClient {
  late RustWebSocketChannel _channel;
  late StreamSubscription<dynamic> _messages;

  @override
  String get name => 'rust_web_socket';

  @override
  Future<void> connect(Uri url) async {
    _channel = RustWebSocketChannel.connect(
      url,
      options: const WebSocketOptions(compression: DeflateOptions.off()),
    );
    await _channel.ready;
    _messages = _channel.stream.listen(null);
  }

  @override
  void send(Object message) => _channel.sink.add(message);

  @override
  void listen(void Function(Object message) onMessage) =>
      _messages.onData((message) => onMessage(message as Object));

  @override
  Future<void> close() => _channel.sink.close();
}
