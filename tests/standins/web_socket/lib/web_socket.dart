/// Stand-in for package:web_socket: its interface, and no implementation.
library;

import 'dart:typed_data';

/// What a [WebSocket] receives.
sealed class WebSocketEvent {}

/// A text message.
final class TextDataReceived extends WebSocketEvent {
  TextDataReceived(this.text);

  final String text;

  @override
  bool operator ==(Object other) =>
      other is TextDataReceived && other.text == text;

  @override
  int get hashCode => text.hashCode;
}

/// A binary message.
final class BinaryDataReceived extends WebSocketEvent {
  BinaryDataReceived(this.data);

  final Uint8List data;

  @override
  bool operator ==(Object other) {
    if (other is! BinaryDataReceived || other.data.length != data.length)
      return false;
    for (var i = 0; i < data.length; i++) {
      if (other.data[i] != data[i]) return false;
    }
    return true;
  }

  @override
  int get hashCode => Object.hashAll(data);

  @override
  String toString() => 'BinaryDataReceived($data)';
}

/// The end: a Close frame, or a failure told as a code.
final class CloseReceived extends WebSocketEvent {
  CloseReceived([this.code, this.reason = '']);

  final int? code;
  final String reason;

  @override
  bool operator ==(Object other) =>
      other is CloseReceived && other.code == code && other.reason == reason;

  @override
  int get hashCode => Object.hash(code, reason);

  @override
  String toString() => 'CloseReceived($code, $reason)';
}

/// A failure to connect, or another error of a [WebSocket].
class WebSocketException implements Exception {
  WebSocketException([this.message = '']);

  final String message;

  @override
  String toString() => _describe('WebSocketException', message);
}

/// Thrown by calls on a [WebSocket] that is closed.
class WebSocketConnectionClosed extends WebSocketException {
  WebSocketConnectionClosed([super.message = 'Connection Closed']);

  @override
  String toString() => _describe('WebSocketConnectionClosed', message);
}

String _describe(String type, String message) =>
    message.isEmpty ? type : '$type: $message';

/// A WebSocket connection.
abstract interface class WebSocket {
  /// Connects with dart:io or the browser in the real package.
  static Future<WebSocket> connect(Uri url, {Iterable<String>? protocols}) =>
      throw UnsupportedError(
        'the stand-in for package:web_socket cannot connect',
      );

  void sendText(String s);

  void sendBytes(Uint8List b);

  Future<void> close([int? code, String? reason]);

  Stream<WebSocketEvent> get events;

  String get protocol;
}
