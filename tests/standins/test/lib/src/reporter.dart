import 'dart:async';
import 'dart:io';

import 'live_test.dart';

/// Prints a line for each test and one about them all, in the form of the real
/// package: `00:01 +5 ~1 -1: Some tests failed.`
class Reporter {
  final Stopwatch _watch = Stopwatch()..start();
  final List<LiveTest> _tests = [];
  int _skipped = 0;

  void started(LiveTest test) {
    _line(test.name);
    _tests.add(test);
  }

  void skipped(String name, String? reason) {
    _line(name);
    _skipped++;
    printed('  Skip: ${reason ?? ''}'.trimRight());
  }

  void failed(LiveTest test, Object error, StackTrace stackTrace) {
    _line('${test.name} [E]');
    printed(
      '$error\n${_terse(stackTrace)}'.trimRight().replaceAll(
        RegExp('^', multiLine: true),
        '  ',
      ),
    );
  }

  void printed(String text) => Zone.root.print(text);

  /// Prints the closing line and ends the process, whatever is still open.
  Future<void> finish() async {
    // A late error still counts.
    await pumpEventQueue();
    final (:passed, :skipped, :failed) = _counts;
    if (passed + skipped + failed == 0) {
      printed('No tests ran.');
    } else {
      _line(
        failed > 0
            ? 'Some tests failed.'
            : passed == 0
            ? 'All tests skipped.'
            : 'All tests passed!',
      );
    }
    await stdout.flush();
    exit(failed > 0 ? 1 : 0);
  }

  ({int passed, int skipped, int failed}) get _counts {
    final failed = _tests.where((test) => test.hasFailed).length;
    final done = _tests.where(
      (test) => test.isComplete && !test.hasFailed && !test.isScaffold,
    );
    final marked = done.where((test) => test.isMarkedSkipped).length;
    return (
      passed: done.length - marked,
      skipped: _skipped + marked,
      failed: failed,
    );
  }

  void _line(String message) {
    final (:passed, :skipped, :failed) = _counts;
    final seconds = _watch.elapsed.inSeconds;
    final clock = [
      seconds ~/ 60,
      seconds % 60,
    ].map((n) => '$n'.padLeft(2, '0')).join(':');
    final counts = [
      '+$passed',
      if (skipped > 0) '~$skipped',
      if (failed > 0) '-$failed',
    ];
    printed('$clock ${counts.join(' ')}: $message');
  }

  /// The frames outside of this package and of the SDK's async machinery.
  static String _terse(StackTrace stackTrace) => '$stackTrace'
      .split('\n')
      .where(
        (frame) =>
            !frame.contains('package:test/') && !frame.contains('(dart:async'),
      )
      .where((frame) => frame != '<asynchronous suspension>')
      .join('\n');
}
