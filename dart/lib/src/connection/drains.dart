/// The callers that wait until less is buffered.
library;

import 'dart:async';
import 'dart:math';

/// The futures of `Connection.drained` that have not completed.
final class Drains {
  final List<({int mark, Completer<void> completer})> _waiting = [];

  /// The highest mark that is waited for; null if there is none.
  int? get highestMark =>
      _waiting.isEmpty ? null : _waiting.map((drain) => drain.mark).reduce(max);

  /// Completes when [complete] is called with at most [mark].
  Future<void> wait(int mark) {
    final completer = Completer<void>();
    _waiting.add((mark: mark, completer: completer));
    return completer.future;
  }

  /// Completes the futures whose mark is reached with [bufferedAmount].
  void complete(int bufferedAmount) => _waiting.removeWhere((drain) {
    final isDrained = bufferedAmount <= drain.mark;
    if (isDrained) drain.completer.complete();
    return isDrained;
  });
}
