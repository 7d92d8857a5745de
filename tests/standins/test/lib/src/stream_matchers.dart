import 'dart:async';

import 'package:async/async.dart';

import 'async_matchers.dart';
import 'matcher.dart';
import 'matchers.dart';

/// Matches events of a Stream or StreamQueue. A queue loses what has matched.
class StreamMatcher extends AsyncMatcher {
  StreamMatcher(this.matchQueue, this.description);

  /// Null if the next events match; else what is wrong.
  final Future<String?> Function(StreamQueue<dynamic>) matchQueue;

  final String description;

  @override
  dynamic matchAsync(dynamic item) {
    switch (item) {
      case StreamQueue():
        return _match(item);
      case Stream():
        final queue = StreamQueue(item);
        return _match(queue).whenComplete(() => queue.cancel());
      default:
        return 'was not a Stream or a StreamQueue';
    }
  }

  Future<String?> _match(StreamQueue<dynamic> queue) async {
    String? mismatch;
    await queue.withTransaction((copy) async {
      mismatch = await matchQueue(copy);
      return mismatch == null;
    });
    if (mismatch == null) return null;
    final seen = <String>[];
    await queue.withTransaction((copy) async {
      // Only what is there already: a stream may stay open for long.
      const moment = Duration(milliseconds: 1);
      for (bool? more = true; more ?? false;) {
        more = await copy.hasNext
            .then<bool?>((more) => more)
            .timeout(moment, onTimeout: () => null);
        if (more == null) break;
        seen.add(
          more
              ? await copy.next.then((v) => '* $v', onError: (e) => '! $e')
              : 'x Stream closed.',
        );
      }
      return false;
    });
    return 'emitted ${seen.isEmpty ? 'no events' : seen.join('\n')}\nwhich $mismatch'
        .trimRight();
  }

  @override
  Description describe(Description description) =>
      description.add('should ').add(this.description);
}

/// The stream ends.
final StreamMatcher emitsDone = StreamMatcher(
  (queue) async => await queue.hasNext ? 'is not done' : null,
  'be done',
);

/// The next event matches; or what a stream matcher says.
StreamMatcher emits(Object? matcher) {
  if (matcher is StreamMatcher) return matcher;
  final inner = wrapMatcher(matcher);
  return StreamMatcher((queue) async {
    if (!await queue.hasNext) return 'is done';
    final value = await queue.next;
    final mismatch = mismatchOf(inner, value);
    return mismatch == null
        ? null
        : 'emitted ${prettyPrint(value)} $mismatch'.trimRight();
  }, 'emit an event that ${prettyPrint(inner)}');
}

/// The next event is an error that matches.
StreamMatcher emitsError(Object? matcher) {
  final inner = Throws(wrapMatcher(matcher));
  return StreamMatcher(
    (queue) async => await inner.matchAsync(queue.next) as String?,
    'emit an error that ${prettyPrint(wrapMatcher(matcher))}',
  );
}

/// One matches after the other.
StreamMatcher emitsInOrder(Iterable<Object?> matchers) {
  final all = matchers.map(emits).toList();
  return StreamMatcher(
    (queue) async {
      for (final matcher in all) {
        final mismatch = await matcher.matchQueue(queue);
        if (mismatch != null)
          return "didn't ${matcher.description} because it $mismatch";
      }
      return null;
    },
    'do the following in order:\n${all.map((m) => '* ${m.description}').join('\n')}',
  );
}

/// Matches later: what comes before is dropped.
StreamMatcher emitsThrough(Object? matcher) {
  final inner = emits(matcher);
  return StreamMatcher((queue) async {
    while (!await _take(queue, inner)) {
      if (!await queue.hasNext) return 'never did ${inner.description}';
      await queue.next;
    }
    return null;
  }, 'eventually ${inner.description}');
}

Future<bool> _take(StreamQueue<dynamic> queue, StreamMatcher matcher) => queue
    .withTransaction((copy) async => await matcher.matchQueue(copy) == null);
