import 'dart:async';

import 'declare.dart' show Body;
import 'reporter.dart';

/// A test that runs: its zone, what it still waits for, and its result.
class LiveTest {
  LiveTest(
    this.name,
    this._body, {
    required this.timeout,
    required this.tearDowns,
    this.isScaffold = false,
  });

  /// The test that the running code belongs to.
  static LiveTest get current =>
      Zone.current[_testKey] as LiveTest? ??
      (throw StateError('Only a running test can do this.'));

  static final Object _testKey = Object();
  static final Object _pendingKey = Object();

  final String name;

  /// Limit for a time without progress.
  final Duration? timeout;

  /// What is left to do afterwards, last first.
  final List<Body> tearDowns;

  /// Whether this is a setUpAll or tearDownAll, which counts only if it fails
  /// and leaves the tear-downs to the end of its group.
  final bool isScaffold;

  final Body _body;
  late final Reporter _reporter;
  final List<PendingWork> _phases = [];
  final List<String> _notes = [];
  Timer? _timer;

  bool hasFailed = false;
  bool isMarkedSkipped = false;
  bool isComplete = false;

  /// Runs it to the end; errors go to [reporter].
  Future<void> run(Reporter reporter) {
    _reporter = reporter;
    final done = Completer<void>();
    runZoned(
      () async {
        await Future(() {});
        await _finish(_body);
        if (!isScaffold) await _finish(() => runTearDowns(tearDowns));
        _timer?.cancel();
        isComplete = true;
        done.complete();
      },
      zoneValues: {_testKey: this},
      zoneSpecification: ZoneSpecification(
        handleUncaughtError: (self, parent, zone, error, stackTrace) {
          parent.run(self.parent!, () => _fail(error, stackTrace));
        },
      ),
    );
    return done.future;
  }

  /// Runs [callbacks], last first, each to its end; those that are added
  /// meanwhile too.
  Future<void> runTearDowns(List<Body> callbacks) async {
    while (callbacks.isNotEmpty) {
      await _finish(callbacks.removeLast());
    }
  }

  /// Keeps the test alive until [PendingWork.release] is called on the result.
  PendingWork markPending() =>
      (Zone.current[_pendingKey] as PendingWork)..hold();

  /// Prints [message] if the test fails.
  void note(String message) =>
      hasFailed ? _reporter.printed(message) : _notes.add(message);

  void markSkipped(String? message) {
    isMarkedSkipped = true;
    if (message != null) _reporter.printed('  Skip: $message');
  }

  /// Runs [body], and waits for it and for all work that it left pending.
  Future<void> _finish(Body body) async {
    final pending = PendingWork._(_restartTimer);
    _phases.add(pending);
    _restartTimer();
    runZoned(() async {
      try {
        await body();
      } finally {
        pending.release();
      }
    }, zoneValues: {_pendingKey: pending});
    await pending._none.future;
    _phases.remove(pending);
  }

  void _restartTimer() {
    _timer?.cancel();
    final limit = timeout;
    if (isComplete || limit == null) return;
    _timer = Zone.root.createTimer(limit, () {
      _fail(
        TimeoutException(
          'Test timed out after ${limit.inSeconds} seconds.',
          limit,
        ),
      );
      _phases.lastOrNull?._end();
    });
  }

  void _fail(Object error, [StackTrace stackTrace = StackTrace.empty]) {
    hasFailed = true;
    _reporter.failed(this, error, stackTrace);
    _notes
      ..forEach(_reporter.printed)
      ..clear();
    if (isComplete)
      _reporter.printed(
        '  The test had ended before: it has to wait for its work.',
      );
  }
}

/// Counts what a phase of a test still waits for.
class PendingWork {
  PendingWork._(this._onProgress);

  final void Function() _onProgress;
  final Completer<void> _none = Completer();
  int _count = 1;

  void hold() => _count++;

  void release() {
    _onProgress();
    if (--_count == 0) _end();
  }

  void _end() {
    if (!_none.isCompleted) _none.complete();
  }
}

/// Waits for [times] turns of the event loop.
Future<void> pumpEventQueue({int times = 20}) async {
  for (var i = 0; i < times; i++) {
    await Future(() {});
  }
}

/// Prints [message] if the running test fails.
void printOnFailure(String message) => LiveTest.current.note(message.trim());

/// Counts the running test as skipped, not as passed.
void markTestSkipped(String message) => LiveTest.current.markSkipped(message);
