import 'matcher.dart';

/// The matcher itself, a predicate as a matcher, or equality with a value.
Matcher wrapMatcher(Object? value) => switch (value) {
  Matcher() => value,
  bool Function(Object?) test => predicate(test),
  _ => equals(value),
};

// ---- Matchers of one sentence.

class _Simple extends Matcher {
  const _Simple(this._description, this._test);

  final String _description;
  final bool Function(dynamic) _test;

  @override
  bool matches(dynamic item, Map<dynamic, dynamic> matchState) => _test(item);

  @override
  Description describe(Description description) =>
      description.add(_description);
}

final Matcher anything = _Simple('anything', (_) => true);
final Matcher isNull = _Simple('null', (x) => x == null);
final Matcher isNotNull = _Simple('not null', (x) => x != null);
final Matcher isTrue = _Simple('true', (x) => x == true);
final Matcher isFalse = _Simple('false', (x) => x == false);
final Matcher isEmpty = _Simple('empty', (x) => x.isEmpty as bool);
final Matcher isNotEmpty = _Simple('non-empty', (x) => x.isNotEmpty as bool);

Matcher same(Object? expected) => _Simple(
  'same instance as ${prettyPrint(expected)}',
  (x) => identical(x, expected),
);

Matcher predicate<T>(
  bool Function(T) test, [
  String description = 'satisfies function',
]) => _Simple(description, (x) => x is T && test(x));

Matcher startsWith(String prefix) => _Simple(
  "a string starting with '$prefix'",
  (x) => x is String && x.startsWith(prefix),
);

Matcher endsWith(String suffix) => _Simple(
  "a string ending with '$suffix'",
  (x) => x is String && x.endsWith(suffix),
);

Matcher matches(Object pattern) {
  final expression = pattern is RegExp ? pattern : RegExp(pattern as String);
  return _Simple(
    "match '${expression.pattern}'",
    (x) => x is String && expression.hasMatch(x),
  );
}

// Untyped on purpose: they serve Duration and DateTime as well as num.

Matcher greaterThan(Object value) => _Simple(
  'a value greater than ${prettyPrint(value)}',
  (x) => x > value as bool,
);

Matcher greaterThanOrEqualTo(Object value) => _Simple(
  'a value greater than or equal to ${prettyPrint(value)}',
  (x) => x >= value as bool,
);

Matcher lessThan(Object value) => _Simple(
  'a value less than ${prettyPrint(value)}',
  (x) => x < value as bool,
);

Matcher lessThanOrEqualTo(Object value) => _Simple(
  'a value less than or equal to ${prettyPrint(value)}',
  (x) => x <= value as bool,
);

Matcher closeTo(num value, num delta) => _Simple(
  'a numeric value within $delta of $value',
  (x) => x is num && (x - value).abs() <= delta,
);

Matcher inInclusiveRange(num low, num high) => _Simple(
  'be in range from $low (inclusive) to $high (inclusive)',
  (x) => x is num && x >= low && x <= high,
);

final Matcher returnsNormally = _Simple('return normally', (x) {
  (x as Function)();
  return true;
});

// ---- Matchers made of others.

class _Composed extends Matcher {
  const _Composed(this._describe, this._mismatch);

  final Description Function(Description) _describe;

  /// What is wrong with a value; null if nothing is.
  final String? Function(dynamic) _mismatch;

  @override
  bool matches(dynamic item, Map<dynamic, dynamic> matchState) {
    final mismatch = _mismatch(item);
    matchState[this] = mismatch;
    return mismatch == null;
  }

  @override
  Description describe(Description description) => _describe(description);

  @override
  Description describeMismatch(
    dynamic item,
    Description mismatchDescription,
    Map<dynamic, dynamic> matchState,
    bool verbose,
  ) => mismatchDescription.add('${matchState[this] ?? ''}');
}

/// Null if [item] matches; else what is wrong, which may be empty.
String? mismatchOf(Matcher matcher, dynamic item) {
  final state = <dynamic, dynamic>{};
  if (matcher.matches(item, state)) return null;
  return matcher
      .describeMismatch(item, StringDescription(), state, false)
      .toString();
}

bool _fits(Object? matcher, Object? item) =>
    mismatchOf(wrapMatcher(matcher), item) == null;

Matcher isNot(Object? matcher) {
  final inner = wrapMatcher(matcher);
  return _Composed(
    (d) => d.add('not ').addDescriptionOf(inner),
    (x) => _fits(inner, x) ? '' : null,
  );
}

Matcher allOf(
  Object? first, [
  Object? b,
  Object? c,
  Object? d,
  Object? e,
  Object? f,
  Object? g,
]) {
  final all = _wrapAll(first, [b, c, d, e, f, g]);
  return _Composed(
    (description) => description.addAll('(', ' and ', ')', all),
    (x) {
      for (final matcher in all) {
        final mismatch = mismatchOf(matcher, x);
        if (mismatch != null)
          return mismatch.isEmpty ? 'is not ${prettyPrint(matcher)}' : mismatch;
      }
      return null;
    },
  );
}

Matcher anyOf(
  Object? first, [
  Object? b,
  Object? c,
  Object? d,
  Object? e,
  Object? f,
  Object? g,
]) {
  final all = _wrapAll(first, [b, c, d, e, f, g]);
  return _Composed(
    (description) => description.addAll('(', ' or ', ')', all),
    (x) => all.any((matcher) => _fits(matcher, x)) ? null : '',
  );
}

List<Matcher> _wrapAll(Object? first, List<Object?> more) => [
  if (first is Iterable)
    ...first.map(wrapMatcher)
  else ...[
    wrapMatcher(first),
    ...more.nonNulls.map(wrapMatcher),
  ],
];

Matcher hasLength(Object? matcher) {
  final inner = wrapMatcher(matcher);
  return _Composed(
    (d) => d.add('an object with length of ').addDescriptionOf(inner),
    (x) {
      final Object? length = x.length;
      return _fits(inner, length) ? null : 'has length of $length';
    },
  );
}

Matcher contains(Object? expected) =>
    _Composed((d) => d.add('contains ').addDescriptionOf(expected), (x) {
      final found = switch (x) {
        String() => x.contains(expected as Pattern),
        Map() => x.containsKey(expected),
        Iterable() =>
          expected is Matcher
              ? x.any((e) => _fits(expected, e))
              : x.contains(expected),
        _ => false,
      };
      return found ? null : 'does not contain ${prettyPrint(expected)}';
    });

Matcher containsPair(Object? key, Object? value) => _Composed(
  (d) => d
      .add('contains pair ')
      .addDescriptionOf(key)
      .add(' => ')
      .addDescriptionOf(value),
  (x) => x is Map && x.containsKey(key) && _fits(value, x[key]) ? null : '',
);

Matcher everyElement(Object? matcher) {
  final inner = wrapMatcher(matcher);
  return _Composed(
    (d) => d.add('every element(').addDescriptionOf(inner).add(')'),
    (x) {
      for (final (i, element) in (x as Iterable<Object?>).indexed) {
        if (!_fits(inner, element))
          return 'has value ${prettyPrint(element)} at index $i';
      }
      return null;
    },
  );
}

Matcher containsAll(Iterable<Object?> expected) => _Composed(
  (d) => d.add('contains all of ').addDescriptionOf(expected),
  (x) => _unpaired(expected, x).$1,
);

Matcher unorderedEquals(Iterable<Object?> expected) => _Composed(
  (d) => d.add('equals ').addDescriptionOf(expected).add(' unordered'),
  (x) {
    final (missing, left) = _unpaired(expected, x);
    return missing ?? (left > 0 ? 'has $left elements too many' : null);
  },
);

/// Pairs each expectation with an element of its own, first come first served:
/// what found none, and how many elements are left.
(String?, int) _unpaired(Iterable<Object?> expected, Object? actual) {
  if (actual is! Iterable) return ('not iterable', 0);
  final left = [...actual];
  for (final value in expected) {
    final index = left.indexWhere((element) => _fits(value, element));
    if (index < 0) return ('has no match for ${prettyPrint(value)}', 0);
    left.removeAt(index);
  }
  return (null, left.length);
}

// ---- Types.

/// A value of type [T]; [having] adds expectations about its members.
class TypeMatcher<T> extends Matcher {
  const TypeMatcher() : _features = const [];

  const TypeMatcher._(this._features);

  final List<(Object? Function(T), String, Matcher)> _features;

  TypeMatcher<T> having(
    Object? Function(T) feature,
    String description,
    Object? matcher,
  ) => TypeMatcher._([
    ..._features,
    (feature, description, wrapMatcher(matcher)),
  ]);

  @override
  bool matches(dynamic item, Map<dynamic, dynamic> matchState) {
    final mismatch = _mismatch(item);
    matchState[this] = mismatch;
    return mismatch == null;
  }

  String? _mismatch(Object? item) {
    if (item is! T) return 'is not an instance of \'$T\'';
    for (final (feature, description, matcher) in _features) {
      final value = feature(item);
      final mismatch = mismatchOf(matcher, value);
      if (mismatch != null) {
        return 'has `$description` with value ${prettyPrint(value)}'
            '${mismatch.isEmpty ? '' : ' which $mismatch'}';
      }
    }
    return null;
  }

  @override
  Description describe(Description description) {
    description.add("<Instance of '$T'>");
    for (final (_, name, matcher) in _features) {
      description.add(' with `$name`: ').addDescriptionOf(matcher);
    }
    return description;
  }

  @override
  Description describeMismatch(
    dynamic item,
    Description mismatchDescription,
    Map<dynamic, dynamic> matchState,
    bool verbose,
  ) => mismatchDescription.add('${matchState[this] ?? ''}');
}

TypeMatcher<T> isA<T>() => TypeMatcher<T>();

const isException = TypeMatcher<Exception>();
const isArgumentError = TypeMatcher<ArgumentError>();
const isStateError = TypeMatcher<StateError>();
const isFormatException = TypeMatcher<FormatException>();
const isRangeError = TypeMatcher<RangeError>();
const isUnsupportedError = TypeMatcher<UnsupportedError>();

// ---- Equality.

/// Equality that looks into lists, sets and maps, where matchers may stand.
Matcher equals(Object? expected, [int limit = 100]) => _Composed(
  (d) => d.addDescriptionOf(expected),
  (x) => _difference(expected, x, '', limit),
);

String? _difference(Object? expected, Object? actual, String at, int depth) {
  String where(String text) => at.isEmpty ? text : 'at location $at $text';
  if (depth == 0) return where('is nested too deeply');
  switch (expected) {
    case Matcher():
      final mismatch = mismatchOf(expected, actual);
      if (mismatch == null) return null;
      final why = mismatch.isEmpty ? '' : ' which $mismatch';
      return where('does not match ${prettyPrint(expected)}$why');
    case Set():
      if (actual is! Set) return where('is not a Set');
      final (missing, left) = _unpaired(expected, actual);
      return missing ??
          (left > 0 ? where('has $left elements too many') : null);
    case Iterable():
      if (actual is! Iterable) return where('is not Iterable');
      final (want, have) = (expected.iterator, actual.iterator);
      for (var i = 0; ; i++) {
        final (more, less) = (want.moveNext(), have.moveNext());
        if (!more && !less) return null;
        if (!more)
          return 'at location $at[$i] is ${prettyPrint(have.current)} beyond the end';
        if (!less)
          return 'at location $at[$i] lacks ${prettyPrint(want.current)}';
        final difference = _difference(
          want.current,
          have.current,
          '$at[$i]',
          depth - 1,
        );
        if (difference != null) return difference;
      }
    case Map():
      if (actual is! Map) return where('is not a Map');
      for (final key in expected.keys) {
        if (!actual.containsKey(key))
          return where('lacks key ${prettyPrint(key)}');
        final difference = _difference(
          expected[key],
          actual[key],
          '$at[${prettyPrint(key)}]',
          depth - 1,
        );
        if (difference != null) return difference;
      }
      final extra = actual.keys.where((key) => !expected.containsKey(key));
      return extra.isEmpty
          ? null
          : where('has extra key ${prettyPrint(extra.first)}');
    case String() when actual is String && actual != expected:
      var i = 0;
      while (i < expected.length &&
          i < actual.length &&
          expected[i] == actual[i]) {
        i++;
      }
      return where('is different: it differs at offset $i of ${actual.length}');
    default:
      if (expected == actual) return null;
      return at.isEmpty
          ? ''
          : where(
              'is ${prettyPrint(actual)} instead of ${prettyPrint(expected)}',
            );
  }
}
