import 'expect.dart';

/// Says whether a value is as expected, and describes both.
abstract class Matcher {
  const Matcher();

  /// Whether [item] matches; [matchState] is for [describeMismatch].
  bool matches(dynamic item, Map<dynamic, dynamic> matchState);

  /// Describes what is expected.
  Description describe(Description description);

  /// Describes what is wrong with [item].
  Description describeMismatch(
    dynamic item,
    Description mismatchDescription,
    Map<dynamic, dynamic> matchState,
    bool verbose,
  ) => mismatchDescription;
}

/// A matcher that may need time: its result is null or what is wrong, or a
/// future of that. Failing is left to [expect].
abstract class AsyncMatcher extends Matcher {
  const AsyncMatcher();

  dynamic matchAsync(dynamic item);

  @override
  bool matches(dynamic item, Map<dynamic, dynamic> matchState) {
    final Object? result = matchAsync(item);
    if (result is Future) {
      expectLater(result, _Succeeds(this));
      return true;
    }
    matchState[this] = result;
    return result == null;
  }

  @override
  Description describeMismatch(
    dynamic item,
    Description mismatchDescription,
    Map<dynamic, dynamic> matchState,
    bool verbose,
  ) => mismatchDescription.add('${matchState[this] ?? ''}');
}

class _Succeeds extends AsyncMatcher {
  const _Succeeds(this._matcher);

  final Matcher _matcher;

  @override
  dynamic matchAsync(dynamic item) => item;

  @override
  Description describe(Description description) =>
      _matcher.describe(description);
}

/// Text under construction.
abstract interface class Description {
  int get length;
  Description add(String text);
  Description replace(String text);
  Description addDescriptionOf(Object? value);
  Description addAll(
    String start,
    String separator,
    String end,
    Iterable<dynamic> list,
  );
}

class StringDescription implements Description {
  StringDescription([String text = '']) : _buffer = StringBuffer(text);

  final StringBuffer _buffer;

  @override
  int get length => _buffer.length;

  @override
  Description add(String text) {
    _buffer.write(text);
    return this;
  }

  @override
  Description replace(String text) {
    _buffer.clear();
    return add(text);
  }

  @override
  Description addDescriptionOf(Object? value) =>
      value is Matcher ? value.describe(this) : add(prettyPrint(value));

  @override
  Description addAll(
    String start,
    String separator,
    String end,
    Iterable<dynamic> list,
  ) {
    add(start);
    for (final (i, value) in list.indexed) {
      if (i > 0) add(separator);
      addDescriptionOf(value);
    }
    return add(end);
  }

  @override
  String toString() => _buffer.toString();
}

/// Shows [value] for a person.
String prettyPrint(Object? value) {
  const most = 25;
  switch (value) {
    case Matcher():
      return value.describe(StringDescription()).toString();
    case String():
      final text = value.length > 400
          ? '${value.substring(0, 400)}…(${value.length})'
          : value;
      return "'${text.replaceAll('\n', r'\n').replaceAll('\u0000', r'\0')}'";
    case Map():
      return '{${_few(value.entries.map((e) => '${prettyPrint(e.key)}: ${prettyPrint(e.value)}'), most)}}';
    case Iterable():
      final shown = _few(value.map(prettyPrint), most);
      return value is List ? '[$shown]' : '${value.runtimeType}:[$shown]';
    case num() || bool() || null || Function():
      return '<$value>';
    default:
      return '${value.runtimeType}:<$value>';
  }
}

String _few(Iterable<String> parts, int most) {
  final length = parts.length;
  return [
    ...parts.take(most),
    if (length > most) '… ($length in all)',
  ].join(', ');
}
