import 'dart:collection';

/// The states that something had, with their times. The oldest are dropped.
final class StateLog {
  /// Creates a log that begins with [state].
  StateLog(String state) {
    enter(state);
  }

  final Queue<({String state, DateTime time, String? detail})> _states =
      Queue();

  /// The number of states that are kept.
  static const capacity = 64;

  /// The current state.
  String get current => _states.last.state;

  /// Notes that the state is [state] from now on, because of [detail].
  void enter(String state, [String? detail]) {
    if (_states.length == capacity) _states.removeFirst();
    _states.add((state: state, time: DateTime.now(), detail: detail));
  }

  /// As the service extension returns it.
  List<Object?> toJson() => [
    for (final (:state, :time, :detail) in _states)
      {
        'state': state,
        'time': time.microsecondsSinceEpoch,
        if (detail != null) 'detail': detail,
      },
  ];
}
