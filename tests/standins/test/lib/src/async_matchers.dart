import 'expect.dart';
import 'live_test.dart';
import 'matcher.dart';
import 'matchers.dart';

/// A function that throws, or a future (also of a function) that fails.
Matcher throwsA(Object? matcher) => Throws(wrapMatcher(matcher));

const Matcher throwsException = Throws(isException);
const Matcher throwsArgumentError = Throws(isArgumentError);
const Matcher throwsStateError = Throws(isStateError);
const Matcher throwsFormatException = Throws(isFormatException);
const Matcher throwsRangeError = Throws(isRangeError);
const Matcher throwsUnsupportedError = Throws(isUnsupportedError);

class Throws extends AsyncMatcher {
  const Throws([this._matcher]);

  final Matcher? _matcher;

  @override
  dynamic matchAsync(dynamic item) {
    if (item is Future) return _matchFuture(item, 'emitted');
    if (item is! Function) return 'was not a Function or Future';
    final Object? value;
    try {
      value = item();
    } catch (error, stackTrace) {
      return _check(error, stackTrace);
    }
    if (value is Future)
      return _matchFuture(value, 'returned a Future that emitted');
    return 'returned ${prettyPrint(value)}';
  }

  Future<String?> _matchFuture(Future<dynamic> future, String verb) => future
      .then<String?>((value) => '$verb ${prettyPrint(value)}', onError: _check);

  String? _check(Object error, StackTrace stackTrace) {
    final mismatch = _matcher == null ? null : mismatchOf(_matcher, error);
    if (mismatch == null) return null;
    final why = mismatch.isEmpty ? '' : '\nwhich $mismatch';
    return 'threw ${prettyPrint(error)}$why\nstack $stackTrace'.trimRight();
  }

  @override
  Description describe(Description description) => _matcher == null
      ? description.add('throws')
      : description.add('throws ').addDescriptionOf(_matcher);
}

/// A future that completes without error.
final Matcher completes = _Completes(null);

/// A future that completes with a value that [matcher] likes.
Matcher completion(Object? matcher) => _Completes(wrapMatcher(matcher));

class _Completes extends AsyncMatcher {
  const _Completes(this._matcher);

  final Matcher? _matcher;

  @override
  dynamic matchAsync(dynamic item) {
    if (item is! Future) return 'was not a Future';
    return item.then((value) async {
      final matcher = _matcher;
      final mismatch = switch (matcher) {
        null => null,
        AsyncMatcher() => await matcher.matchAsync(value) as String?,
        _ => mismatchOf(matcher, value),
      };
      if (mismatch == null) return null;
      return 'emitted ${prettyPrint(value)}${mismatch.isEmpty ? '' : '\nwhich $mismatch'}';
    });
  }

  @override
  Description describe(Description description) => _matcher == null
      ? description.add('completes successfully')
      : description
            .add('completes to a value that ')
            .addDescriptionOf(_matcher);
}

/// A future that has not completed after a few turns of the event loop, nor
/// does while the test runs.
final Matcher doesNotComplete = _DoesNotComplete();

class _DoesNotComplete extends Matcher {
  const _DoesNotComplete();

  @override
  bool matches(dynamic item, Map<dynamic, dynamic> matchState) {
    if (item is! Future) return false;
    item.then((value) => fail('the future did complete, with $value'));
    expect(pumpEventQueue(), completes);
    return true;
  }

  @override
  Description describe(Description description) =>
      description.add('does not complete');
}
