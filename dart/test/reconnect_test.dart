// When and how a reconnecting channel connects again, over fakes and in a time
// of their own.
import 'dart:async';
import 'dart:math';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart';

import 'support/fake_lines.dart';
import 'support/fake_time.dart';

const _down = ConnectionRefusedException('nobody listens');

const _seconds = Duration(seconds: 1);

void main() {
  late FakeTime time;
  late FakeLines lines;

  setUp(() {
    time = FakeTime();
    lines = FakeLines(time);
  });
  tearDown(() => expect(time.unhandled, isEmpty));

  /// Opens the last line, which stays open for long enough to be good.
  void openAndLast() {
    lines.last.open();
    time.elapse(_seconds * 5);
  }

  group('the back-off', () {
    test('grows by its factor up to its cap', () {
      lines.connect(
        reconnect: const ReconnectOptions(
          backoff: BackoffOptions(
            start: _seconds,
            factor: 2,
            cap: Duration(seconds: 10),
          ),
        ),
      );
      for (var i = 0; i < 6; i++) {
        time.elapse(const Duration(minutes: 1));
        lines.last.fail(_down);
      }
      expect(lines.waits, [1000, 2000, 4000, 8000, 10000, 10000]);
    });

    test('spreads waits between zero and its limit', () {
      final random = Random(7);
      const backoff = BackoffOptions();
      for (var waits = 0; waits < 2000; waits++) {
        final limit = min(1000 * pow(1.3, waits), 10000);
        final wait = backoff.wait(waits, random).inMilliseconds;
        expect(wait, inInclusiveRange(0, limit));
      }
      final first = [
        for (var i = 0; i < 100; i++) backoff.wait(0, random).inMilliseconds,
      ];
      expect(first.reduce(min), lessThan(100));
      expect(first.reduce(max), greaterThan(900));
    });

    test('begins anew after a connection that was good', () {
      lines.connect();
      lines.last.fail(_down);
      lines.last.fail(_down);
      openAndLast();
      lines.last.drop();
      expect(lines.waits, [1000, 1300, 1000]);
      time.elapse(_seconds);
      expect((lines.states.last as ChannelConnecting).attempt, 1);
    });

    test('goes on after a connection that did not last', () {
      lines.connect();
      for (var i = 0; i < 3; i++) {
        lines.last.open();
        time.elapse(const Duration(milliseconds: 4999));
        lines.last.drop();
        time.elapse(_seconds * 10);
      }
      expect(lines.waits, [1000, 1300, 1690]);
      expect((lines.states.last as ChannelConnecting).attempt, 4);
    });

    test('is left to the connector, which is asked at once', () {
      lines.connect();
      openAndLast();
      lines.last.drop();
      expect(lines.all, hasLength(2));
      expect(lines.last.request.delay, _seconds);
      expect(lines.states.last, isA<ChannelWaiting>());
      time.elapse(_seconds);
      expect(lines.states.last, isA<ChannelConnecting>());
      lines.last.open();
      expect(lines.states.last, isA<ChannelOpen>());
    });

    test('is kept here where the connector has no clock', () {
      lines = FakeLines(time, areDelayed: false);
      lines.connect();
      openAndLast();
      lines.last.drop();
      expect(lines.all, hasLength(1));
      time.elapse(_seconds - const Duration(microseconds: 1));
      expect(lines.all, hasLength(1));
      time.elapse(const Duration(microseconds: 1));
      expect(lines.all, hasLength(2));
      expect(lines.last.request.delay, Duration.zero);
    });
  });

  group('a limit', () {
    test('of attempts ends it, and `ready` and the stream have why', () {
      final channel = lines.connect(
        reconnect: const ReconnectOptions(maxAttempts: 3),
      );
      final errors = <Object>[];
      time.run(() => channel.ready.then((_) {}, onError: errors.add));
      for (var i = 0; i < 3; i++) {
        expect(lines.isDone, isFalse);
        lines.last.fail(_down);
      }
      expect(lines.all, hasLength(3));
      expect((errors.single as WebSocketChannelException).inner, _down);
      expect(
        (lines.received.single as WebSocketChannelException?)?.inner,
        _down,
      );
      expect(lines.isDone, isTrue);
      final cause = (channel.state as ChannelClosed).cause;
      expect((cause! as ConnectFailed).error, _down);
    });

    test('of attempts counts from the last good connection', () {
      lines.connect(reconnect: const ReconnectOptions(maxAttempts: 2));
      lines.last.fail(_down);
      openAndLast();
      lines.last.drop();
      lines.last.fail(_down);
      expect(lines.isDone, isFalse);
      lines.last.fail(_down);
      expect(lines.isDone, isTrue);
      // There was a connection, so it is an end and no error.
      expect(lines.received, isEmpty);
    });

    test('of time ends it, and cuts the last attempt short', () {
      final channel = lines.connect(
        connectTimeout: _seconds * 10,
        reconnect: const ReconnectOptions(maxDuration: Duration(seconds: 15)),
      );
      expect(lines.last.request.connectTimeout, _seconds * 10);
      time.elapse(_seconds * 10);
      lines.last.fail(const ConnectTimeoutException('slow', null));
      // One second is waited for.
      expect(lines.last.request.connectTimeout, _seconds * 4);
      time.elapse(_seconds * 5);
      lines.last.fail(const ConnectTimeoutException('slow', null));
      expect(channel.state, isA<ChannelClosed>());
      expect(lines.all, hasLength(2));
    });

    test('of time leaves a connection alone that is open', () {
      lines.connect(
        reconnect: const ReconnectOptions(maxDuration: Duration(seconds: 2)),
      );
      lines.last.open();
      time.elapse(_seconds * 60);
      lines.last.drop();
      expect(lines.states.last, isA<ChannelWaiting>());
    });
  });

  group('a decision', () {
    test('to stop ends it with the last close code', () {
      final channel = lines.connect();
      lines.last.open();
      lines.last.end(1000);
      expect(lines.isDone, isTrue);
      expect(lines.received, isEmpty);
      expect(channel.closeCode, 1000);
      expect((channel.state as ChannelClosed).cause, isA<ConnectionEnded>());
    });

    test('of the app replaces the default', () {
      lines.connect(
        reconnect: ReconnectOptions(
          decide: (failure) => switch (failure) {
            ConnectionEnded(info: CloseInfo(code: 1000)) =>
              const ReconnectDecision.retry(),
            _ => const ReconnectDecision.stop(),
          },
        ),
      );
      openAndLast();
      lines.last.end(1000);
      expect(lines.isDone, isFalse);
      lines.last.fail(_down);
      expect(lines.isDone, isTrue);
    });

    test('may add a message, and may close', () {
      late ReconnectingWebSocketChannel channel;
      channel = lines.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.sink
              ..add('from there')
              ..close();
            return const ReconnectDecision.retry();
          },
        ),
      );
      openAndLast();
      lines.last.drop();
      expect(channel.state, isA<ChannelClosed>());
      expect(lines.all, hasLength(1));
      expect(lines.unsent.single.result, SendResult.closed);
    });

    test('may suspend, which holds', () {
      late ReconnectingWebSocketChannel channel;
      channel = lines.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.suspend();
            return const ReconnectDecision.retry();
          },
        ),
      );
      openAndLast();
      lines.last.drop();
      time.elapse(const Duration(minutes: 1));
      expect(channel.state, isA<ChannelSuspended>());
      expect(lines.all, hasLength(1));
      time.run(channel.resume);
      expect(lines.all, hasLength(2));
    });

    test('may connect now, and then there is one attempt', () {
      late ReconnectingWebSocketChannel channel;
      channel = lines.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.reconnectNow();
            return const ReconnectDecision.stop();
          },
        ),
      );
      openAndLast();
      lines.last.drop();
      time.elapse(const Duration(minutes: 1));
      expect(lines.all, hasLength(2));
      expect(channel.state, isA<ChannelConnecting>());
    });

    test('may close a channel that is suspended, which ends once', () {
      late ReconnectingWebSocketChannel channel;
      channel = lines.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.sink.close();
            return const ReconnectDecision.stop();
          },
        ),
      );
      openAndLast();
      time.run(channel.suspend);
      lines.last.drop();
      expect(lines.states.whereType<ChannelClosed>(), hasLength(1));
      expect((channel.state as ChannelClosed).cause, isNull);
      expect(lines.isDone, isTrue);
    });

    test('that throws is a stop, and its error is not lost', () {
      lines.connect(reconnect: ReconnectOptions(decide: (_) => throw 'broken'));
      lines.last.fail(_down);
      expect(lines.states.last, isA<ChannelClosed>());
      expect(time.unhandled, ['broken']);
      time.unhandled.clear();
    });

    test('to obey Retry-After adds it to the wait, up to the limit', () {
      lines.connect(
        reconnect: const ReconnectOptions(maxRetryAfter: Duration(minutes: 1)),
      );
      lines.last.refuse(
        503,
        headers: {
          'retry-after': ['7'],
        },
      );
      lines.last.refuse(
        429,
        headers: {
          'retry-after': ['86400'],
        },
      );
      expect(lines.waits, [8000, 61300]);
    });
  });

  group('the target', () {
    test('is asked for anew for each attempt', () {
      lines.connect(
        findTarget: (attempt) async => ConnectTarget(
          'ws://fake.test/$attempt',
          protocols: ['v$attempt'],
          headers: {'token': '$attempt'},
        ),
      );
      lines.last.fail(_down);
      lines.last.fail(_down);
      expect(lines.all.map((line) => line.request.url.path), [
        '/1',
        '/2',
        '/3',
      ]);
      expect(lines.last.request.protocols, ['v3']);
      expect(lines.last.request.headers.single.value, '3');
    });

    test('that can not be found is a failed attempt, and no busy loop', () {
      var calls = 0;
      final channel = lines.connect(
        findTarget: (attempt) {
          calls++;
          throw const FormatException('no token');
        },
        reconnect: const ReconnectOptions(maxAttempts: 4),
      );
      time.run(channel.ready.ignore);
      expect(calls, 2, reason: 'the second is for after the wait');
      time.elapse(_seconds);
      expect(calls, 3);
      time.elapse(_seconds * 60);
      expect(calls, 4);
      expect(lines.waits, [1000, 1300, 1690]);
      final cause = (channel.state as ChannelClosed).cause! as ConnectFailed;
      expect(
        cause.error,
        isA<CallbackException>().having(
          (error) => error.error,
          'error',
          isA<FormatException>(),
        ),
      );
    });

    test('that takes too long is a failed attempt', () {
      lines.connect(
        connectTimeout: _seconds * 3,
        findTarget: (_) => Completer<ConnectTarget>().future,
      );
      time.elapse(_seconds * 3);
      final cause =
          (lines.states.last as ChannelWaiting).cause as ConnectFailed;
      expect((cause.error as CallbackException).error, isA<TimeoutException>());
    });

    test('that throws when it is read is a failed attempt', () {
      final channel = lines.connect(
        findTarget: (_) => ConnectTarget(
          'ws://fake.test',
          protocols: ['chat'].map((_) => throw StateError('no token')),
        ),
      );
      final cause = (channel.state as ChannelClosed).cause! as ConnectFailed;
      expect((cause.error as CallbackException).error, isStateError);
    });

    test('that is no URL ends it', () {
      for (final url in ['http://fake.test', 'ws://fake.test:port', 'ws:']) {
        final channel = lines.connect(findTarget: (_) => ConnectTarget(url));
        final cause = (channel.state as ChannelClosed).cause! as ConnectFailed;
        expect(cause.error, isA<InvalidRequestException>());
      }
      expect(lines.all, isEmpty);
    });

    test('that comes late is dialled at once', () {
      final answer = time.run(Completer<ConnectTarget>.new);
      lines.connect(
        findTarget: (attempt) => switch (attempt) {
          1 => const ConnectTarget('ws://fake.test'),
          _ => answer.future,
        },
      );
      lines.last.fail(_down);
      time.elapse(_seconds * 3);
      expect(lines.all, hasLength(1));
      time.run(() => answer.complete(const ConnectTarget('ws://fake.test')));
      expect(lines.last.request.delay, Duration.zero);
    });

    test('that comes late does not make the wait longer', () {
      final channel = lines.connect(
        findTarget: (attempt) => switch (attempt) {
          1 => const ConnectTarget('ws://fake.test'),
          _ => Completer<ConnectTarget>().future,
        },
      );
      lines.last.fail(_down);
      time.elapse(const Duration(milliseconds: 999));
      expect(channel.state, isA<ChannelWaiting>());
      time.elapse(const Duration(milliseconds: 1));
      expect((channel.state as ChannelConnecting).attempt, 2);
      time
        ..run(() => channel.sink.close())
        ..settle();
      expect(lines.states.whereType<ChannelConnecting>(), hasLength(2));
      expect(time.pendingTimers, 0);
    });

    test('is not asked for long before it is needed', () {
      final askedAt = <Duration>[];
      lines.connect(
        findTarget: (_) {
          askedAt.add(time.now);
          return const ConnectTarget('ws://fake.test');
        },
      );
      lines.last.refuse(
        503,
        headers: {
          'retry-after': ['120'],
        },
      );
      time.elapse(const Duration(minutes: 3));
      expect(askedAt, [Duration.zero, _seconds * 111]);
      expect(lines.last.dialsAt, _seconds * 121);
    });
  });

  group('onReconnected', () {
    test('runs before what was queued, and not the first time', () {
      final channel = lines.connect(
        reconnect: ReconnectOptions(
          onReconnected: (send) {
            send('subscribe');
            send([1]);
          },
        ),
      );
      time.run(() => channel.sink.add('first'));
      openAndLast();
      expect(lines.last.sent, ['first']);
      lines.last.drop();
      time.run(() => channel.sink.add('queued'));
      lines.last.open();
      expect(lines.last.sent, [
        'subscribe',
        [1],
        'queued',
      ]);
    });

    test('makes messages wait for its future, and none that arrive', () {
      final subscribed = time.run(Completer<void>.new);
      final channel = lines.connect(
        reconnect: ReconnectOptions(onReconnected: (_) => subscribed.future),
      );
      openAndLast();
      lines.last.drop();
      lines.last.open();
      expect(channel.state, isA<ChannelConnecting>());
      time.run(() => channel.sink.add('queued'));
      lines.last.receive('welcome');
      expect(lines.received, ['welcome']);
      expect(lines.last.sent, isEmpty);
      time.run(subscribed.complete);
      expect(channel.state, isA<ChannelOpen>());
      expect(lines.last.sent, ['queued']);
    });

    test('that a close prevents keeps what was queued from going first', () {
      for (final isOpen in [false, true]) {
        final channel = lines.connect(
          reconnect: ReconnectOptions(
            onReconnected: (_) => Completer<void>().future,
          ),
        );
        openAndLast();
        lines.last.drop();
        time.elapse(_seconds);
        expect(channel.state, isA<ChannelConnecting>());
        if (isOpen) lines.last.open();
        final results = <SendResult>[];
        time.run(() => channel.send('queued').then(results.add));
        time.run(channel.sink.close);
        if (!isOpen) lines.last.open();
        expect(lines.last.sent, isEmpty);
        expect(results, [SendResult.closed]);
      }
    });

    test('that throws fails the attempt, and the connection is closed', () {
      final channel = lines.connect(
        reconnect: ReconnectOptions(
          onReconnected: (_) => throw const FormatException('no'),
        ),
      );
      openAndLast();
      lines.last.drop();
      final second = lines.last..open();
      expect(second.closedWith, 1000);
      final cause = (channel.state as ChannelWaiting).cause as ConnectFailed;
      expect(cause.error, isA<CallbackException>());
      expect(lines.all, hasLength(3));
    });

    test('that takes too long does so too', () {
      lines.connect(
        connectTimeout: _seconds * 3,
        reconnect: ReconnectOptions(
          onReconnected: (_) => Completer<void>().future,
        ),
      );
      openAndLast();
      lines.last.drop();
      final second = lines.last..open();
      time.elapse(_seconds * 3);
      expect(second.closedWith, 1000);
      expect(lines.all, hasLength(3));
    });

    test('whose connection is lost meanwhile has no more to say', () {
      final subscribed = time.run(Completer<void>.new);
      late void Function(Object) sendLate;
      lines.connect(
        reconnect: ReconnectOptions(
          onReconnected: (send) {
            sendLate = send;
            return subscribed.future;
          },
        ),
      );
      openAndLast();
      lines.last.drop();
      final second = lines.last..open();
      second.drop();
      time.run(() => sendLate('late'));
      time.run(subscribed.complete);
      expect(second.sent, isEmpty);
      expect(lines.last.sent, isEmpty);
      expect(lines.states.last, isA<ChannelWaiting>());
    });
  });

  group('the stream', () {
    test('goes on across connections', () {
      final channel = lines.connect();
      openAndLast();
      lines.last.receive('a');
      lines.last.drop();
      expect(channel.closeCode, 1006);
      expect(channel.closeInfo!.initiator, CloseInitiator.none);
      lines.last.open(protocol: 'chat');
      expect(channel.closeCode, isNull);
      expect(channel.protocol, 'chat');
      lines.last.receive('b');
      expect(lines.received, ['a', 'b']);
      expect(lines.isDone, isFalse);
    });

    test('that is paused has the messages of one line after another', () {
      final channel = lines.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(lines.received.add),
      )..pause();
      openAndLast();
      lines.last.receive('a');
      lines.last.drop();
      openAndLast();
      lines.last.receive('b');
      expect(lines.received, isEmpty);
      time.run(subscription.resume);
      expect(lines.received, ['a', 'b']);
    });

    test('that is cancelled leaves the channel connected', () {
      final channel = lines.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(lines.received.add),
      );
      openAndLast();
      time.run(subscription.cancel);
      lines.last.drop();
      openAndLast();
      lines.last.receive('nobody hears it');
      expect(lines.last.inbox.discards, isTrue);
      expect(channel.state, isA<ChannelOpen>());
    });

    test(
      'that is paused for long holds reconnecting up, with nothing lost',
      () {
        final channel = lines.connect(listens: false);
        final subscription = time.run(
          () => channel.stream.listen(lines.received.add),
        )..pause();
        for (var i = 0; i < 30; i++) {
          openAndLast();
          if (channel.state is! ChannelOpen) break;
          lines.last.receive('$i');
          lines.last.drop();
        }
        expect(lines.all, hasLength(16));
        time.run(subscription.resume);
        expect(lines.received, [for (var i = 0; i < 16; i++) '$i']);
        openAndLast();
        expect(lines.all, hasLength(17));
        expect(channel.state, isA<ChannelOpen>());
      },
    );

    test('that nobody listens to holds nothing up', () {
      final channel = lines.connect(listens: false);
      for (var i = 0; i < 30; i++) {
        openAndLast();
        lines.last.receive('$i');
        lines.last.drop();
      }
      openAndLast();
      time.run(() => channel.stream.listen(lines.received.add));
      expect(lines.received, [for (var i = 15; i < 30; i++) '$i']);
    });
  });

  group('states', () {
    test('begin with the latest, for each listener', () {
      final channel = lines.connect();
      openAndLast();
      final late = <ChannelState>[];
      time.run(() => channel.states.listen(late.add));
      expect(late.single, isA<ChannelOpen>());
      lines.last.drop();
      expect(late.last, isA<ChannelWaiting>());
      expect(lines.states.map((state) => state.runtimeType), [
        ChannelConnecting,
        ChannelOpen,
        ChannelWaiting,
      ]);
    });

    test('end after the last, also for who comes late', () {
      final channel = lines.connect();
      time.run(() => channel.sink.close());
      lines.last.fail(_down);
      final late = <Object>[];
      time.run(
        () => channel.states.listen(late.add, onDone: () => late.add('done')),
      );
      expect(late, [isA<ChannelClosed>(), 'done']);
    });
  });

  group('close', () {
    test('of an open channel closes the connection, and ends it', () {
      final channel = lines.connect();
      openAndLast();
      var isClosed = false;
      time.run(
        () => channel.sink.close(3000, 'bye').then((_) => isClosed = true),
      );
      expect(lines.last.closedWith, 3000);
      lines.last.end(3000, CloseInitiator.local);
      expect(isClosed, isTrue);
      expect(lines.isDone, isTrue);
      expect(channel.closeCode, isNull);
      expect(channel.closeInfo!.code, 3000);
      expect((channel.state as ChannelClosed).cause, isNull);
      time.elapse(_seconds * 60);
      expect(lines.all, hasLength(1));
    });

    test('during a wait cancels the attempt', () {
      final channel = lines.connect();
      openAndLast();
      lines.last.drop();
      var isClosed = false;
      time
        ..run(() => channel.sink.close().then((_) => isClosed = true))
        ..settle();
      expect(isClosed, isTrue);
      expect(lines.last.closedWith, 1000);
      lines.last.fail(const CancelledException('cancelled'));
      time.elapse(_seconds * 60);
      expect(lines.all, hasLength(2));
      expect(lines.isDone, isTrue);
    });

    test('before the connection is open sends what was added', () {
      final channel = lines.connect();
      time.run(() {
        channel.sink.add('a');
        channel.sink.close(1000, 'bye');
      });
      expect(lines.last.sent, ['a']);
      expect(lines.last.closedWith, 1000);
      lines.last.open();
      lines.last.end(1000, CloseInitiator.local);
      expect(lines.isDone, isTrue);
      expect(lines.unsent, isEmpty);
    });

    test('while the target is looked for ends it', () {
      final answer = time.run(Completer<ConnectTarget>.new);
      final channel = lines.connect(findTarget: (_) => answer.future);
      Object? error;
      time.run(() {
        channel.ready.then(
          (_) {},
          onError: (Object it) {
            error = it;
          },
        );
        channel.sink.close();
      });
      time.settle();
      expect(
        (error as WebSocketChannelException?)?.inner,
        isA<CancelledException>(),
      );
      time.run(() => answer.complete(const ConnectTarget('ws://fake.test')));
      expect(lines.all, isEmpty);
    });

    test('leaves no timer of a callback that has not completed', () {
      // It would keep the program alive.
      final channel = lines.connect(
        connectTimeout: _seconds * 10,
        findTarget: (_) => Completer<ConnectTarget>().future,
      );
      time
        ..run(() => channel.sink.close())
        ..settle();
      expect(time.pendingTimers, 0);

      final other = lines.connect(
        connectTimeout: _seconds * 10,
        reconnect: ReconnectOptions(
          onReconnected: (_) => Completer<void>().future,
        ),
      );
      openAndLast();
      lines.last.drop();
      lines.last.open();
      time.run(() => other.sink.close());
      lines.last.end(1000, CloseInitiator.local);
      time.settle();
      expect(other.state, isA<ChannelClosed>());
      expect(time.pendingTimers, 0);
    });

    test('twice, and whatever comes after it, changes nothing', () {
      final channel = lines.connect();
      openAndLast();
      time.run(() {
        channel.sink.close();
        channel.sink.close();
        channel
          ..reconnectNow()
          ..suspend()
          ..resume();
      });
      lines.last.end(1005, CloseInitiator.local);
      time.run(() {
        channel
          ..reconnectNow()
          ..suspend()
          ..resume();
      });
      time.elapse(_seconds * 60);
      expect(lines.all, hasLength(1));
      expect(channel.state, isA<ChannelClosed>());
    });
  });

  group('reconnectNow', () {
    test('ends a wait, and begins anew', () {
      final channel = lines.connect();
      lines.last.fail(_down);
      lines.last.fail(_down);
      final waiting = lines.last;
      time.run(channel.reconnectNow);
      expect(waiting.closedWith, 1000);
      expect(lines.last.request.delay, Duration.zero);
      expect((channel.state as ChannelConnecting).attempt, 1);
      waiting.fail(const CancelledException('cancelled'));
      lines.last.fail(_down);
      expect(lines.waits, [1000, 1300, 1000]);
    });

    test('replaces a connection that is open', () {
      final channel = lines.connect();
      openAndLast();
      final first = lines.last;
      time.run(channel.reconnectNow);
      expect(first.closedWith, 1000);
      openAndLast();
      first
        ..receive('too late')
        ..end(1000, CloseInitiator.local);
      lines.last.receive('b');
      expect(lines.received, ['b']);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('that has no success is an end like any other', () {
      final channel = lines.connect();
      openAndLast();
      time.run(channel.reconnectNow);
      lines.last.refuse(401);
      expect(lines.isDone, isTrue);
      expect(channel.closeInfo!.initiator, CloseInitiator.local);
    });

    test('keeps what a paused listener has not had of it', () {
      final channel = lines.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(lines.received.add),
      )..pause();
      openAndLast();
      lines.last.receive('a');
      time.run(channel.reconnectNow);
      openAndLast();
      lines.last.receive('b');
      time.run(subscription.resume);
      expect(lines.received, ['a', 'b']);
    });

    test('under a paused listener keeps no more connections than may wait', () {
      final channel = lines.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(lines.received.add),
      )..pause();
      for (var i = 0; i < 100; i++) {
        if (channel.state is ChannelConnecting) {
          openAndLast();
          lines.last.receive('$i');
        }
        time.run(channel.reconnectNow);
      }
      expect(lines.all, hasLength(16));
      expect(channel.state, isA<ChannelWaiting>());
      time.run(channel.suspend);
      time.run(channel.resume);
      expect(lines.all, hasLength(16));
      time.run(subscription.resume);
      expect(lines.received, [for (var i = 0; i < 16; i++) '$i']);
      expect(lines.all, hasLength(17));
      openAndLast();
      expect(channel.state, isA<ChannelOpen>());
    });

    test('leaves an attempt alone that is being made', () {
      final channel = lines.connect();
      time.run(channel.reconnectNow);
      expect(lines.all, hasLength(1));
      expect(lines.last.closedWith, isNull);
    });

    test('ends a suspension', () {
      final channel = lines.connect();
      time.run(() {
        channel
          ..suspend()
          ..reconnectNow();
      });
      expect(lines.all, hasLength(2));
      openAndLast();
      expect(channel.state, isA<ChannelOpen>());
    });
  });

  group('a suspended channel', () {
    test('makes no attempts', () {
      final channel = lines.connect();
      lines.last.fail(_down);
      time.run(channel.suspend);
      expect(lines.last.closedWith, 1000);
      time.elapse(const Duration(hours: 1));
      expect(lines.all, hasLength(2));
      expect(channel.state, isA<ChannelSuspended>());
      time.run(channel.resume);
      expect(lines.all, hasLength(3));
      expect(lines.last.request.delay, Duration.zero);
    });

    test('keeps its connection, and queues', () {
      final channel = lines.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..suspend();
        channel.sink.add('queued');
      });
      lines.last.receive('still there');
      expect(lines.received, ['still there']);
      expect(lines.last.closedWith, isNull);
      expect(lines.last.sent, isEmpty);
    });

    test('that loses its connection gets one when it is resumed', () {
      final channel = lines.connect();
      openAndLast();
      time.run(channel.suspend);
      lines.last.drop();
      expect(channel.state, isA<ChannelSuspended>());
      time.run(channel.resume);
      expect(lines.all, hasLength(2));
      expect(channel.state, isA<ChannelConnecting>());
    });

    test('ends when the peer says so', () {
      final channel = lines.connect();
      openAndLast();
      time.run(channel.suspend);
      lines.last.end(1000);
      expect(channel.state, isA<ChannelClosed>());
      expect(lines.isDone, isTrue);
    });

    test('goes on with a connection that shows that it lives', () {
      final channel = lines.connect();
      openAndLast();
      time.run(() {
        channel.suspend();
        channel.sink.add('queued');
        channel.resume();
      });
      expect(channel.state, isA<ChannelSuspended>());
      lines.last.receive('alive');
      expect(channel.state, isA<ChannelOpen>());
      expect(lines.last.sent, ['queued']);
      time.elapse(_seconds * 60);
      expect(lines.all, hasLength(1));
    });

    test('replaces one that does not within the limit', () {
      final channel = lines.connect();
      openAndLast();
      final dead = lines.last;
      time.run(() {
        channel
          ..suspend()
          ..resume();
        channel.sink.add('queued');
      });
      time.elapse(const Duration(milliseconds: 2999));
      expect(lines.all, hasLength(1));
      time.elapse(const Duration(milliseconds: 1));
      expect(dead.closedWith, 1000);
      expect(lines.last.request.delay, Duration.zero);
      lines.last.open();
      expect(lines.last.sent, ['queued']);
      expect(dead.sent, isEmpty);
    });

    test('replaces at once one that is lost meanwhile', () {
      final channel = lines.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume();
      });
      lines.last.drop();
      expect(lines.all, hasLength(2));
      expect(lines.last.request.delay, Duration.zero);
      expect(lines.waits, isEmpty);
    });

    test('that is resumed twice is probed anew', () {
      final channel = lines.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume();
      });
      time.elapse(_seconds * 2);
      time.run(() {
        channel
          ..suspend()
          ..resume();
      });
      time.elapse(_seconds * 2);
      expect(lines.all, hasLength(1));
      lines.last.receive('alive');
      expect(channel.state, isA<ChannelOpen>());
    });

    test('that the peer ends while it is probed makes no more attempts', () {
      final channel = lines.connect();
      var isClosed = false;
      time.run(() => channel.sink.done.then((_) => isClosed = true));
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume();
      });
      lines.last.end(1008);
      expect(channel.state, isA<ChannelClosed>());
      time.elapse(const Duration(minutes: 1));
      expect(isClosed, isTrue);
      expect(lines.all, hasLength(1));
      expect(lines.states.last, isA<ChannelClosed>());
    });

    test('lets a flush complete as its connection drains', () {
      final channel = lines.connect();
      openAndLast();
      lines.last.bufferedAmount = 300;
      var isFlushed = false;
      final left = <int>[];
      var isSentOut = false;
      time.run(() {
        channel.suspend();
        channel.flush().then((_) => isFlushed = true);
        channel
            .sendProgress(step: 100)
            .listen(left.add, onDone: () => isSentOut = true);
      });
      lines.last.drain(150);
      expect(left, [150]);
      expect(isFlushed, isFalse);
      lines.last.drain(0);
      expect(left, [150, 0]);
      expect((isFlushed, isSentOut), (true, true));
    });

    test('lets a flush complete that began before it', () {
      final channel = lines.connect();
      openAndLast();
      lines.last.bufferedAmount = 300;
      var isFlushed = false;
      time.run(() => channel.flush().then((_) => isFlushed = true));
      time.run(channel.suspend);
      lines.last.drain(0);
      expect(isFlushed, isTrue);
    });

    test('that is suspended again meanwhile stays so', () {
      final channel = lines.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume()
          ..suspend();
      });
      lines.last.receive('alive');
      time.elapse(_seconds * 60);
      expect(channel.state, isA<ChannelSuspended>());
      expect(lines.all, hasLength(1));
    });
  });

  group('what there is to control and to see', () {
    test('is about the connection at hand', () {
      final channel = lines.connect();
      expect(channel.stats, isNull);
      for (var count = 0; count < 2; count++) {
        lines.last.open();
        expect(channel.reconnects, count);
        lines.last.stats = WebSocketStats(bytesSent: count);
        expect(channel.stats?.bytesSent, count);
        Duration? roundTrip;
        time.run(() => channel.ping().then((it) => roundTrip = it));
        time.run(() => lines.last.pong.complete(_seconds * count));
        expect(roundTrip, _seconds * count);
        lines.last.drop();
        time.elapse(_seconds);
      }
    });

    test('goes on with the next one', () {
      final channel = lines.connect();
      final events = <TraceEvent>[];
      time.run(() => channel.trace.listen(events.add));
      for (var count = 1; count < 3; count++) {
        lines.last.open();
        time.run(() => lines.last.traceEvents.add(TraceClosing(DateTime.now())));
        expect(events, hasLength(count));
        lines.last.drop();
        time.elapse(_seconds);
      }
    });

    test('has the event that each connection ended', () {
      final channel = lines.connect();
      final events = <TraceEvent>[];
      var isDone = false;
      time.run(
        () => channel.trace.listen(events.add, onDone: () => isDone = true),
      );
      for (var count = 1; count < 4; count++) {
        lines.last.open();
        // In the turn in which it ends, as a native connection does.
        time.run(() {
          lines.last.traceEvents.add(TraceClosing(DateTime.now()));
          lines.last.end(count < 3 ? 1006 : 1008);
        });
        expect(events, hasLength(count));
        time.elapse(_seconds);
      }
      expect(isDone, isTrue);
    });

    test('is about none during a wait, though the next one is asked for', () {
      final channel = lines.connect();
      openAndLast();
      lines.last.drop();
      expect(channel.state, isA<ChannelWaiting>());
      expect(lines.all, hasLength(2));
      lines.last.stats = const WebSocketStats();
      expect(channel.stats, isNull);
      Object? error;
      time.run(
        () => channel.ping().then(
          (_) {},
          onError: (Object it) {
            error = it;
          },
        ),
      );
      expect(error, isA<WebSocketConnectionClosed>());
      time.elapse(_seconds);
      expect(channel.stats, isNotNull);
    });

    test('waits for what is queued', () {
      final channel = lines.connect();
      var isFlushed = false;
      time.run(() {
        channel.sink.add('queued');
        channel.flush().then((_) => isFlushed = true);
      });
      expect(isFlushed, isFalse);
      lines.last.open();
      expect(isFlushed, isTrue);
    });

    test('that a connection can not do is an error, and no more than that', () {
      final channel = lines.connect();
      final errors = <Object>[];
      time.run(() => channel.receiveProgress.listen(null, onError: errors.add));
      expect(errors.single, isUnsupportedError);
      openAndLast();
      lines.last.drop();
      time.elapse(_seconds);
      lines.last.open();
      expect(channel.state, isA<ChannelOpen>());
    });
  });

  group('nonsense is refused at the call:', () {
    void refuses(String name, ReconnectOptions options) => test(name, () {
      expect(
        () => lines.connect(reconnect: options),
        throwsA(
          isA<ArgumentError>().having(
            (error) => error.name,
            'name',
            'reconnect.$name',
          ),
        ),
      );
      expect(lines.all, isEmpty);
    });

    const zero = Duration.zero;
    const negative = Duration(seconds: -1);
    for (final (name, backoff) in const [
      ('start', BackoffOptions(start: zero)),
      ('start', BackoffOptions(start: negative)),
      ('factor', BackoffOptions(factor: 0.9)),
      ('factor', BackoffOptions(factor: double.nan)),
      ('factor', BackoffOptions(factor: double.infinity)),
      ('cap', BackoffOptions(cap: zero)),
      ('cap', BackoffOptions(cap: negative)),
      ('cap', BackoffOptions(start: Duration(seconds: 11))),
      ('minUptime', BackoffOptions(minUptime: negative)),
    ]) {
      refuses('backoff.$name', ReconnectOptions(backoff: backoff));
    }
    for (final (name, queue) in const [
      ('maxMessages', QueueOptions(maxMessages: -1)),
      ('maxBytes', QueueOptions(maxBytes: -1)),
      ('maxMessages', QueueOptions(maxMessages: 0, policy: QueuePolicy.fail)),
      ('maxBytes', QueueOptions(maxBytes: 0, policy: QueuePolicy.fail)),
    ]) {
      refuses('queue.$name', ReconnectOptions(queue: queue));
    }
    refuses('maxAttempts', const ReconnectOptions(maxAttempts: 0));
    refuses('maxDuration', const ReconnectOptions(maxDuration: zero));
    refuses('maxDuration', const ReconnectOptions(maxDuration: negative));
    refuses('maxRetryAfter', const ReconnectOptions(maxRetryAfter: negative));
    refuses('probeTimeout', const ReconnectOptions(probeTimeout: zero));

    test('connectTimeout', () {
      expect(
        () => lines.connect(
          connectTimeout: zero,
          findTarget: (_) => const ConnectTarget('ws://fake.test'),
        ),
        throwsArgumentError,
      );
    });
  });

  group('the socket', () {
    test('has the events of all connections, and one end', () {
      final events = <Object>[];
      late ReconnectingWebSocket socket;
      time.run(() {
        socket = ReconnectingWebSocket.over(lines.setup());
        socket.events.listen(events.add, onDone: () => events.add('done'));
      });
      openAndLast();
      lines.last.receive('a');
      lines.last.drop();
      time.run(() => socket.sendText('queued'));
      openAndLast();
      expect(lines.last.sent, ['queued']);
      lines.last.receive('b');
      lines.last.end(1008);
      expect(events, [
        TextDataReceived('a'),
        TextDataReceived('b'),
        CloseReceived(1008),
        'done',
      ]);
      expect(socket.state, isA<ChannelClosed>());
      expect(
        () => socket.sendText('late'),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
    });

    test('that gives up keeps its end for a listener that has paused', () {
      final events = <Object>[];
      late final StreamSubscription<WebSocketEvent> subscription;
      time.run(() {
        final socket = ReconnectingWebSocket.over(lines.setup());
        subscription = socket.events.listen(
          events.add,
          onDone: () => events.add('done'),
        );
      });
      openAndLast();
      lines.last.receive('a');
      lines.last.drop();
      time.run(subscription.pause);
      lines.last.refuse(401);
      expect(events, [TextDataReceived('a')]);
      time.run(subscription.resume);
      expect(events, [TextDataReceived('a'), CloseReceived(1006), 'done']);
    });

    test('refuses a subprotocol that it did not offer', () {
      final socket = time.run(
        () => ReconnectingWebSocket.over(
          lines.setup(refusesOtherProtocols: true),
        ),
      );
      lines.last.open(protocol: 'surprise');
      // RFC 6455 section 4.1: the client fails the connection.
      expect(lines.last.closedWith, 1002);
      time.elapse(const Duration(minutes: 1));
      expect(lines.all, hasLength(1));
      final failure = (socket.state as ChannelClosed).cause as ConnectFailed;
      // A server may repeat what was sent, which may be secret.
      expect('${failure.error}', isNot(contains('surprise')));
    });

    test('has no message of a connection whose subprotocol it refuses', () {
      final events = <Object>[];
      final socket = time.run(
        () => ReconnectingWebSocket.over(
          lines.setup(refusesOtherProtocols: true),
        ),
      );
      lines.last.open(protocol: 'surprise');
      lines.last.receive('refused');
      time.run(
        () =>
            socket.events.listen(events.add, onDone: () => events.add('done')),
      );
      expect(events, [CloseReceived(1006), 'done']);
    });

    test('that refuses a later subprotocol ends with 1002', () {
      final events = <Object>[];
      time.run(() {
        ReconnectingWebSocket.over(
          lines.setup(refusesOtherProtocols: true),
        ).events.listen(events.add, onDone: () => events.add('done'));
      });
      openAndLast();
      lines.last.drop();
      lines.last.open(protocol: 'surprise');
      time.elapse(const Duration(minutes: 1));
      expect(lines.all, hasLength(2));
      expect(events, [CloseReceived(1002), 'done']);
    });

    test('is there before its connection, and says when that is open', () {
      var isReady = false;
      final socket = time.run(() {
        final socket = ReconnectingWebSocket.over(lines.setup());
        socket
          ..ready.then((_) => isReady = true)
          ..sendText('queued');
        return socket;
      });
      lines.last.fail(_down);
      expect(socket.state, isA<ChannelWaiting>());
      expect(isReady, isFalse);
      lines.last.open();
      expect(isReady, isTrue);
      expect(lines.last.sent, ['queued']);
    });

    test('that is closed before it is open leaves nothing', () {
      final ends = <Object>[];
      time.run(() {
        final socket = ReconnectingWebSocket.over(lines.setup());
        socket.events.listen(ends.add, onDone: () => ends.add('done'));
        socket.ready.timeout(_seconds * 30).catchError((Object error) {
          ends.add(error.runtimeType);
          return socket.close().then((_) => ends.add('closed'));
        });
      });
      for (var i = 0; i < 3; i++) {
        time.elapse(_seconds * 9);
        lines.last.fail(_down);
      }
      time.elapse(_seconds * 5);
      expect(lines.last.closedWith, -1);
      lines.last.fail(const CancelledException('it was closed'));
      time.elapse(const Duration(minutes: 1));
      expect(lines.all, hasLength(4));
      expect(ends, [TimeoutException, 'done', 'closed']);
    });

    test('that gives up before it is open says why, and ends', () {
      final ends = <Object>[];
      late final ReconnectingWebSocket socket;
      time.run(() {
        socket = ReconnectingWebSocket.over(lines.setup());
        socket.ready.catchError((Object error) {
          ends.add(error);
        });
      });
      lines.last.refuse(401);
      expect(ends.single, isA<UpgradeRefusedException>());
      expect(
        () => socket.sendText('late'),
        throwsA(isA<WebSocketConnectionClosed>()),
      );
      ends.clear();
      time.run(
        () => socket.events.listen(ends.add, onDone: () => ends.add('done')),
      );
      expect(ends, [CloseReceived(1006), 'done']);
    });
  });
}
