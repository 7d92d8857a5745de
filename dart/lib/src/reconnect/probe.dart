/// Whether the peer of a connection that was left alone is still there.
library;

import 'dart:async';

import '../connection/connection.dart';

/// Waits for a sign of the peer: the pong to a ping, or a message. A browser
/// can't ping, so there only a message counts.
final class Probe {
  /// Pings the peer of [connection], which has [limit] to answer.
  Probe(Connection connection, Duration limit) {
    _timer = Timer(limit, () => answer(false));
    Future.sync(
      connection.ping,
    ).then((_) => answer(true), onError: (Object _) {});
  }

  late final Timer _timer;
  final _answer = Completer<bool>();

  /// Whether the peer has shown in time that it is there.
  Future<bool> get isAlive => _answer.future;

  /// Ends the wait. Only the first call has an effect.
  void answer(bool isAlive) {
    if (_answer.isCompleted) return;
    _timer.cancel();
    _answer.complete(isAlive);
  }
}
