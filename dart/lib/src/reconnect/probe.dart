/// Checks whether a connection still works after a suspension.
library;

import 'dart:async';

import '../connection/connection.dart';

/// Waits for a pong or a message. A browser can't ping, so there only a message
/// counts.
final class Probe {
  /// Sends a ping on [connection]; the peer has [limit] to answer.
  Probe(Connection connection, Duration limit) {
    _timer = Timer(limit, () => answer(false));
    Future.sync(
      connection.ping,
    ).then((_) => answer(true), onError: (Object _) {});
  }

  late final Timer _timer;
  final _answer = Completer<bool>();

  /// Whether the peer answered in time.
  Future<bool> get isAlive => _answer.future;

  /// Ends the wait. Only the first call has an effect.
  void answer(bool isAlive) {
    if (_answer.isCompleted) return;
    _timer.cancel();
    _answer.complete(isAlive);
  }
}
