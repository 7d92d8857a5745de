import 'dart:async';

import 'live_test.dart';
import 'matcher.dart';
import 'matchers.dart';

/// An expectation that does not hold.
class TestFailure implements Exception {
  TestFailure(this.message);

  final String? message;

  @override
  String toString() => '$message';
}

/// Fails the running test.
Never fail(String message) => throw TestFailure(message);

/// Fails unless [actual] is as [matcher] says. An asynchronous matcher keeps
/// the test running until it knows.
void expect(dynamic actual, dynamic matcher, {String? reason, Object? skip}) {
  expectLater(actual, matcher, reason: reason, skip: skip);
}

/// Like [expect], with a future for the end of an asynchronous matcher.
Future<dynamic> expectLater(
  dynamic actual,
  dynamic matcher, {
  String? reason,
  Object? skip,
}) {
  final test = LiveTest.current;
  final expected = wrapMatcher(matcher);
  if (skip != null && skip != false) {
    test.markSkipped(
      'expect ${skip is String ? skip : reason ?? prettyPrint(expected)}',
    );
    return Future.value();
  }
  if (expected is! AsyncMatcher) {
    _check(_mismatch(expected, actual), actual, expected, reason);
    return Future.value();
  }
  final Object? result = expected.matchAsync(actual);
  if (result is! Future) {
    _check(result as String?, actual, expected, reason);
    return Future.value();
  }
  final pending = test.markPending();
  return result
      .then((mismatch) => _check(mismatch as String?, actual, expected, reason))
      .whenComplete(pending.release);
}

String? _mismatch(Matcher matcher, dynamic actual) {
  try {
    return mismatchOf(matcher, actual);
  } catch (error, stackTrace) {
    return 'made the matcher throw $error\n$stackTrace';
  }
}

void _check(String? mismatch, Object? actual, Matcher matcher, String? reason) {
  if (mismatch == null) return;
  fail(
    [
      'Expected: ${_indent(prettyPrint(matcher))}',
      '  Actual: ${_indent(prettyPrint(actual))}',
      if (mismatch.isNotEmpty) '   Which: ${_indent(mismatch)}',
      if (reason != null) reason,
    ].join('\n'),
  );
}

String _indent(String text) => text.replaceAll('\n', '\n          ');

/// Wraps [callback]: the test goes on until it has been called [count] times,
/// and fails if it is called more often than that or [max] (-1: any number).
T Function() expectAsync0<T>(
  T Function() callback, {
  int count = 1,
  int max = 0,
  String? id,
  String? reason,
}) {
  final calls = _ExpectedCalls(count, max, id, reason);
  return () => calls.run(callback);
}

/// [expectAsync0] for a function of one argument.
T Function([A]) expectAsync1<T, A>(
  T Function(A) callback, {
  int count = 1,
  int max = 0,
  String? id,
  String? reason,
}) {
  final calls = _ExpectedCalls(count, max, id, reason);
  return ([Object? a]) => calls.run(() => callback(a as A));
}

/// [expectAsync0] for a function of two arguments.
T Function([A, B]) expectAsync2<T, A, B>(
  T Function(A, B) callback, {
  int count = 1,
  int max = 0,
  String? id,
  String? reason,
}) {
  final calls = _ExpectedCalls(count, max, id, reason);
  return ([Object? a, Object? b]) => calls.run(() => callback(a as A, b as B));
}

class _ExpectedCalls {
  _ExpectedCalls(this._least, int max, String? id, String? reason)
    : _most = max == 0 ? _least : max,
      _name = ['Callback', if (id != null) id].join(' '),
      _suffix = reason == null ? '' : '\n$reason' {
    if (max > 0 && max < _least)
      throw ArgumentError('max ($max) is less than count ($_least)');
    if (_least > 0) _pending = _test.markPending();
  }

  final LiveTest _test = LiveTest.current;
  final int _least;
  final int _most;
  final String _name;
  final String _suffix;
  PendingWork? _pending;
  int _calls = 0;

  T run<T>(T Function() callback) {
    _calls++;
    try {
      if (_test.isComplete) {
        fail(
          '$_name was called ($_calls) after the end of ${_test.name}.$_suffix',
        );
      }
      if (_most >= 0 && _calls > _most) {
        fail('$_name was called more than $_most times.$_suffix');
      }
      return callback();
    } finally {
      if (_calls == _least) _pending?.release();
    }
  }
}
