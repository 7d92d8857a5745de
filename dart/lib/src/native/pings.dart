/// The pings of the owner that wait for their pongs.
library;

import 'dart:async';

import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

/// The pings of one connection.
final class Pings {
  /// Pings that [send] sends, each with a token that its pong is reported with.
  /// It returns false if the connection has ended. A pong that takes longer than
  /// [limit] is a [TimeoutException].
  Pings({required bool Function(int token) send, required this.limit})
    : _send = send;

  final bool Function(int token) _send;

  /// How long the pongs of later pings may take; null for any time.
  Duration? limit;

  final Map<int, Completer<Duration>> _waiting = {};
  int _lastToken = 0;

  /// Sends a ping and completes with its round trip. Its error is never reported
  /// as unhandled.
  Future<Duration> ping() {
    final token = ++_lastToken;
    final completer = Completer<Duration>();
    if (_send(token)) {
      _waiting[token] = completer;
    } else {
      completer.completeError(WebSocketConnectionClosed());
    }
    final limit = this.limit;
    if (limit == null) return completer.future..ignore();
    return completer.future.timeout(
      limit,
      onTimeout: () {
        _waiting.remove(token);
        throw TimeoutException('The peer did not answer a ping', limit);
      },
    )..ignore();
  }

  /// The pong to the ping with [token] came after [roundTrip].
  void onPong(int token, Duration roundTrip) =>
      _waiting.remove(token)?.complete(roundTrip);

  /// The connection has ended.
  void end() {
    for (final ping in _waiting.values) {
      ping.completeError(WebSocketConnectionClosed());
    }
    _waiting.clear();
  }
}
