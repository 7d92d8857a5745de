// The stream must behave as every other single-subscription stream.
import 'dart:async';

import 'package:rust_web_socket/src/connection/message_stream.dart';
import 'package:test/test.dart';

void main() {
  late List<bool> flow;
  late int cancels;
  late MessageStream<int> stream;

  setUp(() {
    flow = [];
    cancels = 0;
    stream = MessageStream(onFlow: flow.add, onCancel: () => cancels++);
  });

  void deliver(List<int> messages) =>
      stream.guard(() => messages.forEach(stream.add));

  test('messages flow after listen, which can be called once', () {
    expect(flow, isEmpty);
    final received = <int>[];
    stream.listen(received.add);
    expect(flow, [true]);
    deliver([1, 2]);
    expect(received, [1, 2]);
    expect(() => stream.listen(null), throwsStateError);
  });

  test('pauses are counted', () {
    final subscription = stream.listen(null)..pause();
    subscription.pause();
    expect(subscription.isPaused, isTrue);
    subscription.resume();
    expect(flow, [true, false]);
    subscription.resume();
    expect(flow, [true, false, true]);
    subscription.resume();
    expect(subscription.isPaused, isFalse);
    expect(flow, hasLength(3));
  });

  test('a pause ends with its resume signal', () async {
    final signal = Completer<void>();
    final subscription = stream.listen(null)..pause(signal.future);
    signal.complete();
    await pumpEventQueue();
    expect(subscription.isPaused, isFalse);
  });

  test('the end waits for a listener, and for a paused one', () async {
    stream.close();
    var done = 0;
    final subscription = stream.listen(null, onDone: () => done++)..pause();
    await pumpEventQueue();
    expect(done, 0);
    subscription.resume();
    expect(done, 0, reason: 'not within the call');
    await pumpEventQueue();
    expect(done, 1);
    stream.close();
    await pumpEventQueue();
    expect(done, 1);
  });

  test('an error comes before done, once', () async {
    stream.close('broken');
    final events = <Object>[];
    stream.listen(
      null,
      onError: (Object error, StackTrace _) => events.add(error),
      onDone: () => events.add('done'),
    );
    await pumpEventQueue();
    expect(events, ['broken', 'done']);
  });

  test('a listener that is cancelled on an error sees no done', () async {
    final events = <Object>[];
    stream.listen(
      null,
      onError: events.add,
      onDone: () => events.add('done'),
      cancelOnError: true,
    );
    stream.close('broken');
    await pumpEventQueue();
    expect(events, ['broken']);
  });

  test('a pause in the error handler holds done back', () async {
    final events = <Object>[];
    late final StreamSubscription<int> subscription;
    subscription = stream.listen(
      null,
      onError: (Object error) {
        events.add(error);
        subscription.pause();
      },
      onDone: () => events.add('done'),
    );
    stream.close('broken');
    await pumpEventQueue();
    expect(events, ['broken']);
    subscription.resume();
    await pumpEventQueue();
    expect(events, ['broken', 'done']);
  });

  test(
    'an error without a handler is unhandled in the listener\'s zone',
    () async {
      final unhandled = <Object>[];
      runZonedGuarded(
        () => stream.listen(null),
        (error, _) => unhandled.add(error),
      );
      stream.close('broken');
      await pumpEventQueue();
      expect(unhandled, ['broken']);
    },
  );

  test('a listener runs in its zone, which gets its errors', () {
    final unhandled = <Object>[];
    Zone? seen;
    Zone? expected;
    runZonedGuarded(() {
      expected = Zone.current;
      stream.listen((message) {
        seen = Zone.current;
        throw StateError('listener');
      });
    }, (error, _) => unhandled.add(error));
    deliver([1, 2]);
    expect(seen, same(expected));
    expect(unhandled, hasLength(1), reason: 'the first ends the batch');
  });

  test('no event follows a cancel', () async {
    final events = <Object>[];
    final subscription = stream.listen(
      events.add,
      onDone: () => events.add('done'),
    );
    await subscription.cancel();
    await subscription.cancel();
    expect(cancels, 1);
    deliver([1]);
    stream.close();
    await pumpEventQueue();
    expect(events, isEmpty);
  });

  test('handlers can be replaced', () async {
    final events = <Object>[];
    final subscription = stream.listen((_) => fail('replaced'))
      ..onData(events.add)
      ..onError((Object error) => events.add('error $error'))
      ..onDone(() => events.add('done'));
    deliver([1]);
    subscription.onData(null);
    deliver([2]);
    stream.close('broken');
    await pumpEventQueue();
    expect(events, [1, 'error broken', 'done']);
  });

  test('a handler with another signature is rejected', () {
    expect(() => stream.listen(null, onError: (int _) {}), throwsArgumentError);
  });

  test('asFuture completes with done, or with the error', () async {
    final value = stream.listen(null).asFuture<int>(42);
    stream.close();
    expect(await value, 42);

    final failing = MessageStream<int>(onFlow: (_) {}, onCancel: () {});
    final error = failing.listen(null).asFuture<void>();
    failing.close('broken');
    await expectLater(error, throwsA('broken'));
  });

  test('asFuture must have a value if its type needs one', () {
    expect(() => stream.listen(null).asFuture<int>(), throwsArgumentError);
  });

  test('the methods of Stream work on it', () async {
    final doubled = stream.map((value) => value * 2).take(2).toList();
    deliver([1, 2]);
    expect(await doubled, [2, 4]);
    expect(cancels, 1);
  });

  test('await for pauses while its body waits', () async {
    final received = <int>[];
    final loop = () async {
      await for (final message in stream) {
        received.add(message);
        await Future<void>.delayed(Duration.zero);
      }
    }();
    deliver([1]);
    expect(flow.last, isFalse);
    await pumpEventQueue();
    expect(flow.last, isTrue);
    stream.close();
    await loop;
    expect(received, [1]);
  });
}
