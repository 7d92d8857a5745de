// When and how a reconnecting channel connects again, over fakes in fake time.
import 'dart:async';
import 'dart:math';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart';

import 'support/fake_time.dart';
import 'support/test_connections.dart';

const _down = ConnectionRefusedException('nobody listens');

const _seconds = Duration(seconds: 1);

void main() {
  late FakeTime time;
  late TestConnections connections;

  setUp(() {
    time = FakeTime();
    connections = TestConnections(time);
  });
  tearDown(() => expect(time.unhandled, isEmpty));

  /// Opens the last connection, which stays open for `minUptime`.
  void openAndLast() {
    connections.last.open();
    time.elapse(_seconds * 5);
  }

  group('the back-off', () {
    test('grows by its factor up to its cap', () {
      connections.connect(
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
        connections.last.fail(_down);
      }
      expect(connections.waits, [1000, 2000, 4000, 8000, 10000, 10000]);
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

    test('restarts after a connection that stayed open', () {
      connections.connect();
      connections.last.fail(_down);
      connections.last.fail(_down);
      openAndLast();
      connections.last.drop();
      expect(connections.waits, [1000, 1300, 1000]);
      time.elapse(_seconds);
      expect((connections.states.last as ChannelConnecting).attempt, 1);
    });

    test('continues after a short connection', () {
      connections.connect();
      for (var i = 0; i < 3; i++) {
        connections.last.open();
        time.elapse(const Duration(milliseconds: 4999));
        connections.last.drop();
        time.elapse(_seconds * 10);
      }
      expect(connections.waits, [1000, 1300, 1690]);
      expect((connections.states.last as ChannelConnecting).attempt, 4);
    });

    test('is left to a connector that can delay', () {
      connections.connect();
      openAndLast();
      connections.last.drop();
      expect(connections.all, hasLength(2));
      expect(connections.last.request.delay, _seconds);
      expect(connections.states.last, isA<ChannelWaiting>());
      time.elapse(_seconds);
      expect(connections.states.last, isA<ChannelConnecting>());
      connections.last.open();
      expect(connections.states.last, isA<ChannelOpen>());
    });

    test("is timed here for a connector that can't delay", () {
      connections = TestConnections(time, areDelayed: false);
      connections.connect();
      openAndLast();
      connections.last.drop();
      expect(connections.all, hasLength(1));
      time.elapse(_seconds - const Duration(microseconds: 1));
      expect(connections.all, hasLength(1));
      time.elapse(const Duration(microseconds: 1));
      expect(connections.all, hasLength(2));
      expect(connections.last.request.delay, Duration.zero);
    });
  });

  group('a limit', () {
    test('of attempts ends it with the cause in `ready` and stream', () {
      final channel = connections.connect(
        reconnect: const ReconnectOptions(maxAttempts: 3),
      );
      final errors = <Object>[];
      time.run(() => channel.ready.then((_) {}, onError: errors.add));
      for (var i = 0; i < 3; i++) {
        expect(connections.isDone, isFalse);
        connections.last.fail(_down);
      }
      expect(connections.all, hasLength(3));
      expect((errors.single as WebSocketChannelException).inner, _down);
      expect(
        (connections.received.single as WebSocketChannelException?)?.inner,
        _down,
      );
      expect(connections.isDone, isTrue);
      final cause = (channel.state as ChannelClosed).cause;
      expect((cause! as ConnectFailed).error, _down);
    });

    test('of attempts counts from the last good connection', () {
      connections.connect(reconnect: const ReconnectOptions(maxAttempts: 2));
      connections.last.fail(_down);
      openAndLast();
      connections.last.drop();
      connections.last.fail(_down);
      expect(connections.isDone, isFalse);
      connections.last.fail(_down);
      expect(connections.isDone, isTrue);
      // There was a connection, so the stream ends without an error.
      expect(connections.received, isEmpty);
    });

    test('of time ends it, and shortens the last attempt', () {
      final channel = connections.connect(
        connectTimeout: _seconds * 10,
        reconnect: const ReconnectOptions(maxDuration: Duration(seconds: 15)),
      );
      expect(connections.last.request.connectTimeout, _seconds * 10);
      time.elapse(_seconds * 10);
      connections.last.fail(const ConnectTimeoutException('slow', null));
      // One second is waited for.
      expect(connections.last.request.connectTimeout, _seconds * 4);
      time.elapse(_seconds * 5);
      connections.last.fail(const ConnectTimeoutException('slow', null));
      expect(channel.state, isA<ChannelClosed>());
      expect(connections.all, hasLength(2));
    });

    test('of time does not end an open connection', () {
      connections.connect(
        reconnect: const ReconnectOptions(maxDuration: Duration(seconds: 2)),
      );
      connections.last.open();
      time.elapse(_seconds * 60);
      connections.last.drop();
      expect(connections.states.last, isA<ChannelWaiting>());
    });
  });

  group('a decision', () {
    test('to stop ends it with the last close code', () {
      final channel = connections.connect();
      connections.last.open();
      connections.last.end(1000);
      expect(connections.isDone, isTrue);
      expect(connections.received, isEmpty);
      expect(channel.closeCode, 1000);
      expect((channel.state as ChannelClosed).cause, isA<ConnectionEnded>());
    });

    test('of the app replaces the default', () {
      connections.connect(
        reconnect: ReconnectOptions(
          decide: (failure) => switch (failure) {
            ConnectionEnded(info: CloseInfo(code: 1000)) =>
              const ReconnectDecision.retry(),
            _ => const ReconnectDecision.stop(),
          },
        ),
      );
      openAndLast();
      connections.last.end(1000);
      expect(connections.isDone, isFalse);
      connections.last.fail(_down);
      expect(connections.isDone, isTrue);
    });

    test('may add a message, and may close', () {
      late ReconnectingWebSocketChannel channel;
      channel = connections.connect(
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
      connections.last.drop();
      expect(channel.state, isA<ChannelClosed>());
      expect(connections.all, hasLength(1));
      expect(connections.unsent.single.result, SendResult.closed);
    });

    test('may suspend', () {
      late ReconnectingWebSocketChannel channel;
      channel = connections.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.suspend();
            return const ReconnectDecision.retry();
          },
        ),
      );
      openAndLast();
      connections.last.drop();
      time.elapse(const Duration(minutes: 1));
      expect(channel.state, isA<ChannelSuspended>());
      expect(connections.all, hasLength(1));
      time.run(channel.resume);
      expect(connections.all, hasLength(2));
    });

    test('may connect now, which makes one attempt', () {
      late ReconnectingWebSocketChannel channel;
      channel = connections.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.reconnectNow();
            return const ReconnectDecision.stop();
          },
        ),
      );
      openAndLast();
      connections.last.drop();
      time.elapse(const Duration(minutes: 1));
      expect(connections.all, hasLength(2));
      expect(channel.state, isA<ChannelConnecting>());
    });

    test('may close a suspended channel, which ends once', () {
      late ReconnectingWebSocketChannel channel;
      channel = connections.connect(
        reconnect: ReconnectOptions(
          decide: (failure) {
            channel.sink.close();
            return const ReconnectDecision.stop();
          },
        ),
      );
      openAndLast();
      time.run(channel.suspend);
      connections.last.drop();
      expect(connections.states.whereType<ChannelClosed>(), hasLength(1));
      expect((channel.state as ChannelClosed).cause, isNull);
      expect(connections.isDone, isTrue);
    });

    test('that throws is a stop, and reports its error', () {
      connections.connect(
        reconnect: ReconnectOptions(decide: (_) => throw 'broken'),
      );
      connections.last.fail(_down);
      expect(connections.states.last, isA<ChannelClosed>());
      expect(time.unhandled, ['broken']);
      time.unhandled.clear();
    });

    test('uses Retry-After up to its limit', () {
      connections.connect(
        reconnect: const ReconnectOptions(maxRetryAfter: Duration(minutes: 1)),
      );
      connections.last.refuse(
        503,
        headers: {
          'retry-after': ['7'],
        },
      );
      connections.last.refuse(
        429,
        headers: {
          'retry-after': ['86400'],
        },
      );
      expect(connections.waits, [8000, 61300]);
    });
  });

  group('the target', () {
    test('is computed for each attempt', () {
      connections.connect(
        findTarget: (attempt) async => ConnectTarget(
          'ws://fake.test/$attempt',
          protocols: ['v$attempt'],
          headers: {'token': '$attempt'},
        ),
      );
      connections.last.fail(_down);
      connections.last.fail(_down);
      expect(connections.all.map((connection) => connection.request.url.path), [
        '/1',
        '/2',
        '/3',
      ]);
      expect(connections.last.request.protocols, ['v3']);
      expect(connections.last.request.headers.single.value, '3');
    });

    test("that can't be found is a failed attempt with a wait", () {
      var calls = 0;
      final channel = connections.connect(
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
      expect(connections.waits, [1000, 1300, 1690]);
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
      connections.connect(
        connectTimeout: _seconds * 3,
        findTarget: (_) => Completer<ConnectTarget>().future,
      );
      time.elapse(_seconds * 3);
      final cause =
          (connections.states.last as ChannelWaiting).cause as ConnectFailed;
      expect((cause.error as CallbackException).error, isA<TimeoutException>());
    });

    test('that throws when it is read is a failed attempt', () {
      final channel = connections.connect(
        findTarget: (_) => ConnectTarget(
          'ws://fake.test',
          protocols: ['chat'].map((_) => throw StateError('no token')),
        ),
      );
      final cause = (channel.state as ChannelClosed).cause! as ConnectFailed;
      expect((cause.error as CallbackException).error, isStateError);
    });

    test('that is not a URL ends it', () {
      for (final url in ['http://fake.test', 'ws://fake.test:port', 'ws:']) {
        final channel = connections.connect(
          findTarget: (_) => ConnectTarget(url),
        );
        final cause = (channel.state as ChannelClosed).cause! as ConnectFailed;
        expect(cause.error, isA<InvalidRequestException>());
      }
      expect(connections.all, isEmpty);
    });

    test('that is late is dialled at once', () {
      final answer = time.run(Completer<ConnectTarget>.new);
      connections.connect(
        findTarget: (attempt) => switch (attempt) {
          1 => const ConnectTarget('ws://fake.test'),
          _ => answer.future,
        },
      );
      connections.last.fail(_down);
      time.elapse(_seconds * 3);
      expect(connections.all, hasLength(1));
      time.run(() => answer.complete(const ConnectTarget('ws://fake.test')));
      expect(connections.last.request.delay, Duration.zero);
    });

    test('that comes late does not make the wait longer', () {
      final channel = connections.connect(
        findTarget: (attempt) => switch (attempt) {
          1 => const ConnectTarget('ws://fake.test'),
          _ => Completer<ConnectTarget>().future,
        },
      );
      connections.last.fail(_down);
      time.elapse(const Duration(milliseconds: 999));
      expect(channel.state, isA<ChannelWaiting>());
      time.elapse(const Duration(milliseconds: 1));
      expect((channel.state as ChannelConnecting).attempt, 2);
      time
        ..run(() => channel.sink.close())
        ..settle();
      expect(connections.states.whereType<ChannelConnecting>(), hasLength(2));
      expect(time.pendingTimers, 0);
    });

    test('is not computed long before it is needed', () {
      final askedAt = <Duration>[];
      connections.connect(
        findTarget: (_) {
          askedAt.add(time.now);
          return const ConnectTarget('ws://fake.test');
        },
      );
      connections.last.refuse(
        503,
        headers: {
          'retry-after': ['120'],
        },
      );
      time.elapse(const Duration(minutes: 3));
      expect(askedAt, [Duration.zero, _seconds * 111]);
      expect(connections.last.dialsAt, _seconds * 121);
    });
  });

  group('onReconnected', () {
    test('runs before queued messages, except the first time', () {
      final channel = connections.connect(
        reconnect: ReconnectOptions(
          onReconnected: (send) {
            send('subscribe');
            send([1]);
          },
        ),
      );
      time.run(() => channel.sink.add('first'));
      openAndLast();
      expect(connections.last.sent, ['first']);
      connections.last.drop();
      time.run(() => channel.sink.add('queued'));
      connections.last.open();
      expect(connections.last.sent, [
        'subscribe',
        [1],
        'queued',
      ]);
    });

    test('delays outgoing messages, not received ones', () {
      final subscribed = time.run(Completer<void>.new);
      final channel = connections.connect(
        reconnect: ReconnectOptions(onReconnected: (_) => subscribed.future),
      );
      openAndLast();
      connections.last.drop();
      connections.last.open();
      expect(channel.state, isA<ChannelConnecting>());
      time.run(() => channel.sink.add('queued'));
      connections.last.receive('welcome');
      expect(connections.received, ['welcome']);
      expect(connections.last.sent, isEmpty);
      time.run(subscribed.complete);
      expect(channel.state, isA<ChannelOpen>());
      expect(connections.last.sent, ['queued']);
    });

    test('cut short by a close keeps the queue from being sent', () {
      for (final isOpen in [false, true]) {
        final channel = connections.connect(
          reconnect: ReconnectOptions(
            onReconnected: (_) => Completer<void>().future,
          ),
        );
        openAndLast();
        connections.last.drop();
        time.elapse(_seconds);
        expect(channel.state, isA<ChannelConnecting>());
        if (isOpen) connections.last.open();
        final results = <SendResult>[];
        time.run(() => channel.send('queued').then(results.add));
        time.run(channel.sink.close);
        if (!isOpen) connections.last.open();
        expect(connections.last.sent, isEmpty);
        expect(results, [SendResult.closed]);
      }
    });

    test('that throws fails the attempt, and the connection is closed', () {
      final channel = connections.connect(
        reconnect: ReconnectOptions(
          onReconnected: (_) => throw const FormatException('no'),
        ),
      );
      openAndLast();
      connections.last.drop();
      final second = connections.last..open();
      expect(second.closedWith, 1000);
      final cause = (channel.state as ChannelWaiting).cause as ConnectFailed;
      expect(cause.error, isA<CallbackException>());
      expect(connections.all, hasLength(3));
    });

    test('that takes too long fails the attempt', () {
      connections.connect(
        connectTimeout: _seconds * 3,
        reconnect: ReconnectOptions(
          onReconnected: (_) => Completer<void>().future,
        ),
      );
      openAndLast();
      connections.last.drop();
      final second = connections.last..open();
      time.elapse(_seconds * 3);
      expect(second.closedWith, 1000);
      expect(connections.all, hasLength(3));
    });

    test('is ignored if its connection is lost meanwhile', () {
      final subscribed = time.run(Completer<void>.new);
      late void Function(Object) sendLate;
      connections.connect(
        reconnect: ReconnectOptions(
          onReconnected: (send) {
            sendLate = send;
            return subscribed.future;
          },
        ),
      );
      openAndLast();
      connections.last.drop();
      final second = connections.last..open();
      second.drop();
      time.run(() => sendLate('late'));
      time.run(subscribed.complete);
      expect(second.sent, isEmpty);
      expect(connections.last.sent, isEmpty);
      expect(connections.states.last, isA<ChannelWaiting>());
    });
  });

  group('the stream', () {
    test('continues across connections', () {
      final channel = connections.connect();
      openAndLast();
      connections.last.receive('a');
      connections.last.drop();
      expect(channel.closeCode, 1006);
      expect(channel.closeInfo!.initiator, CloseInitiator.none);
      connections.last.open(protocol: 'chat');
      expect(channel.closeCode, isNull);
      expect(channel.protocol, 'chat');
      connections.last.receive('b');
      expect(connections.received, ['a', 'b']);
      expect(connections.isDone, isFalse);
    });

    test('that is paused keeps the connections in order', () {
      final channel = connections.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(connections.received.add),
      )..pause();
      openAndLast();
      connections.last.receive('a');
      connections.last.drop();
      openAndLast();
      connections.last.receive('b');
      expect(connections.received, isEmpty);
      time.run(subscription.resume);
      expect(connections.received, ['a', 'b']);
    });

    test('that is cancelled leaves the channel connected', () {
      final channel = connections.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(connections.received.add),
      );
      openAndLast();
      time.run(subscription.cancel);
      connections.last.drop();
      openAndLast();
      connections.last.receive('nobody hears it');
      expect(connections.last.inbox.discards, isTrue);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('that is paused for long delays reconnecting, and loses nothing', () {
      final channel = connections.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(connections.received.add),
      )..pause();
      for (var i = 0; i < 30; i++) {
        openAndLast();
        if (channel.state is! ChannelOpen) break;
        connections.last.receive('$i');
        connections.last.drop();
      }
      expect(connections.all, hasLength(16));
      time.run(subscription.resume);
      expect(connections.received, [for (var i = 0; i < 16; i++) '$i']);
      openAndLast();
      expect(connections.all, hasLength(17));
      expect(channel.state, isA<ChannelOpen>());
    });

    test('without a listener does not delay reconnecting', () {
      final channel = connections.connect(listens: false);
      for (var i = 0; i < 30; i++) {
        openAndLast();
        connections.last.receive('$i');
        connections.last.drop();
      }
      openAndLast();
      time.run(() => channel.stream.listen(connections.received.add));
      expect(connections.received, [for (var i = 15; i < 30; i++) '$i']);
    });
  });

  group('states', () {
    test('begin with the current one, for each listener', () {
      final channel = connections.connect();
      openAndLast();
      final late = <ChannelState>[];
      time.run(() => channel.states.listen(late.add));
      expect(late.single, isA<ChannelOpen>());
      connections.last.drop();
      expect(late.last, isA<ChannelWaiting>());
      expect(connections.states.map((state) => state.runtimeType), [
        ChannelConnecting,
        ChannelOpen,
        ChannelWaiting,
      ]);
    });

    test('end after the last, even for late listeners', () {
      final channel = connections.connect();
      time.run(() => channel.sink.close());
      connections.last.fail(_down);
      final late = <Object>[];
      time.run(
        () => channel.states.listen(late.add, onDone: () => late.add('done')),
      );
      expect(late, [isA<ChannelClosed>(), 'done']);
    });
  });

  group('close', () {
    test('of an open channel closes the connection, and ends it', () {
      final channel = connections.connect();
      openAndLast();
      var isClosed = false;
      time.run(
        () => channel.sink.close(3000, 'bye').then((_) => isClosed = true),
      );
      expect(connections.last.closedWith, 3000);
      connections.last.end(3000, CloseInitiator.local);
      expect(isClosed, isTrue);
      expect(connections.isDone, isTrue);
      expect(channel.closeCode, isNull);
      expect(channel.closeInfo!.code, 3000);
      expect((channel.state as ChannelClosed).cause, isNull);
      time.elapse(_seconds * 60);
      expect(connections.all, hasLength(1));
    });

    test('during a wait cancels the attempt', () {
      final channel = connections.connect();
      openAndLast();
      connections.last.drop();
      var isClosed = false;
      time
        ..run(() => channel.sink.close().then((_) => isClosed = true))
        ..settle();
      expect(isClosed, isTrue);
      expect(connections.last.closedWith, 1000);
      connections.last.fail(const CancelledException('cancelled'));
      time.elapse(_seconds * 60);
      expect(connections.all, hasLength(2));
      expect(connections.isDone, isTrue);
    });

    test('before the connection is open sends what was added', () {
      final channel = connections.connect();
      time.run(() {
        channel.sink.add('a');
        channel.sink.close(1000, 'bye');
      });
      expect(connections.last.sent, ['a']);
      expect(connections.last.closedWith, 1000);
      connections.last.open();
      connections.last.end(1000, CloseInitiator.local);
      expect(connections.isDone, isTrue);
      expect(connections.unsent, isEmpty);
    });

    test('during the search for a target ends it', () {
      final answer = time.run(Completer<ConnectTarget>.new);
      final channel = connections.connect(findTarget: (_) => answer.future);
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
      expect(connections.all, isEmpty);
    });

    test('leaves no timer of a callback that has not completed', () {
      // It would keep the program alive.
      final channel = connections.connect(
        connectTimeout: _seconds * 10,
        findTarget: (_) => Completer<ConnectTarget>().future,
      );
      time
        ..run(() => channel.sink.close())
        ..settle();
      expect(time.pendingTimers, 0);

      final other = connections.connect(
        connectTimeout: _seconds * 10,
        reconnect: ReconnectOptions(
          onReconnected: (_) => Completer<void>().future,
        ),
      );
      openAndLast();
      connections.last.drop();
      connections.last.open();
      time.run(() => other.sink.close());
      connections.last.end(1000, CloseInitiator.local);
      time.settle();
      expect(other.state, isA<ChannelClosed>());
      expect(time.pendingTimers, 0);
    });

    test('twice has no further effect', () {
      final channel = connections.connect();
      openAndLast();
      time.run(() {
        channel.sink.close();
        channel.sink.close();
        channel
          ..reconnectNow()
          ..suspend()
          ..resume();
      });
      connections.last.end(1005, CloseInitiator.local);
      time.run(() {
        channel
          ..reconnectNow()
          ..suspend()
          ..resume();
      });
      time.elapse(_seconds * 60);
      expect(connections.all, hasLength(1));
      expect(channel.state, isA<ChannelClosed>());
    });
  });

  group('reconnectNow', () {
    test('ends a wait, and restarts the back-off', () {
      final channel = connections.connect();
      connections.last.fail(_down);
      connections.last.fail(_down);
      final waiting = connections.last;
      time.run(channel.reconnectNow);
      expect(waiting.closedWith, 1000);
      expect(connections.last.request.delay, Duration.zero);
      expect((channel.state as ChannelConnecting).attempt, 1);
      waiting.fail(const CancelledException('cancelled'));
      connections.last.fail(_down);
      expect(connections.waits, [1000, 1300, 1000]);
    });

    test('replaces an open connection', () {
      final channel = connections.connect();
      openAndLast();
      final first = connections.last;
      time.run(channel.reconnectNow);
      expect(first.closedWith, 1000);
      openAndLast();
      first
        ..receive('too late')
        ..end(1000, CloseInitiator.local);
      connections.last.receive('b');
      expect(connections.received, ['b']);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('that fails ends it like other failures', () {
      final channel = connections.connect();
      openAndLast();
      time.run(channel.reconnectNow);
      connections.last.refuse(401);
      expect(connections.isDone, isTrue);
      expect(channel.closeInfo!.initiator, CloseInitiator.local);
    });

    test('keeps the undelivered messages of a paused listener', () {
      final channel = connections.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(connections.received.add),
      )..pause();
      openAndLast();
      connections.last.receive('a');
      time.run(channel.reconnectNow);
      openAndLast();
      connections.last.receive('b');
      time.run(subscription.resume);
      expect(connections.received, ['a', 'b']);
    });

    test('with a paused listener keeps a bounded number of connections', () {
      final channel = connections.connect(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(connections.received.add),
      )..pause();
      for (var i = 0; i < 100; i++) {
        if (channel.state is ChannelConnecting) {
          openAndLast();
          connections.last.receive('$i');
        }
        time.run(channel.reconnectNow);
      }
      expect(connections.all, hasLength(16));
      expect(channel.state, isA<ChannelWaiting>());
      time.run(channel.suspend);
      time.run(channel.resume);
      expect(connections.all, hasLength(16));
      time.run(subscription.resume);
      expect(connections.received, [for (var i = 0; i < 16; i++) '$i']);
      expect(connections.all, hasLength(17));
      openAndLast();
      expect(channel.state, isA<ChannelOpen>());
    });

    test('has no effect during an attempt', () {
      final channel = connections.connect();
      time.run(channel.reconnectNow);
      expect(connections.all, hasLength(1));
      expect(connections.last.closedWith, isNull);
    });

    test('ends a suspension', () {
      final channel = connections.connect();
      time.run(() {
        channel
          ..suspend()
          ..reconnectNow();
      });
      expect(connections.all, hasLength(2));
      openAndLast();
      expect(channel.state, isA<ChannelOpen>());
    });
  });

  group('a suspended channel', () {
    test('makes no attempts', () {
      final channel = connections.connect();
      connections.last.fail(_down);
      time.run(channel.suspend);
      expect(connections.last.closedWith, 1000);
      time.elapse(const Duration(hours: 1));
      expect(connections.all, hasLength(2));
      expect(channel.state, isA<ChannelSuspended>());
      time.run(channel.resume);
      expect(connections.all, hasLength(3));
      expect(connections.last.request.delay, Duration.zero);
    });

    test('keeps its connection, and queues', () {
      final channel = connections.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..suspend();
        channel.sink.add('queued');
      });
      connections.last.receive('still there');
      expect(connections.received, ['still there']);
      expect(connections.last.closedWith, isNull);
      expect(connections.last.sent, isEmpty);
    });

    test('reconnects on resume after its connection was lost', () {
      final channel = connections.connect();
      openAndLast();
      time.run(channel.suspend);
      connections.last.drop();
      expect(channel.state, isA<ChannelSuspended>());
      time.run(channel.resume);
      expect(connections.all, hasLength(2));
      expect(channel.state, isA<ChannelConnecting>());
    });

    test('ends on a final close code of the peer', () {
      final channel = connections.connect();
      openAndLast();
      time.run(channel.suspend);
      connections.last.end(1000);
      expect(channel.state, isA<ChannelClosed>());
      expect(connections.isDone, isTrue);
    });

    test('keeps a connection that answers the probe', () {
      final channel = connections.connect();
      openAndLast();
      time.run(() {
        channel.suspend();
        channel.sink.add('queued');
        channel.resume();
      });
      expect(channel.state, isA<ChannelSuspended>());
      connections.last.receive('alive');
      expect(channel.state, isA<ChannelOpen>());
      expect(connections.last.sent, ['queued']);
      time.elapse(_seconds * 60);
      expect(connections.all, hasLength(1));
    });

    test('replaces a connection that does not answer in time', () {
      final channel = connections.connect();
      openAndLast();
      final dead = connections.last;
      time.run(() {
        channel
          ..suspend()
          ..resume();
        channel.sink.add('queued');
      });
      time.elapse(const Duration(milliseconds: 2999));
      expect(connections.all, hasLength(1));
      time.elapse(const Duration(milliseconds: 1));
      expect(dead.closedWith, 1001);
      expect(connections.last.request.delay, Duration.zero);
      connections.last.open();
      expect(connections.last.sent, ['queued']);
      expect(dead.sent, isEmpty);
    });

    test('replaces at once a connection that is lost meanwhile', () {
      final channel = connections.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume();
      });
      connections.last.drop();
      expect(connections.all, hasLength(2));
      expect(connections.last.request.delay, Duration.zero);
      expect(connections.waits, isEmpty);
    });

    test('that is resumed twice is probed again', () {
      final channel = connections.connect();
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
      expect(connections.all, hasLength(1));
      connections.last.receive('alive');
      expect(channel.state, isA<ChannelOpen>());
    });

    test('makes no more attempts if the peer ends it during the probe', () {
      final channel = connections.connect();
      var isClosed = false;
      time.run(() => channel.sink.done.then((_) => isClosed = true));
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume();
      });
      connections.last.end(1008);
      expect(channel.state, isA<ChannelClosed>());
      time.elapse(const Duration(minutes: 1));
      expect(isClosed, isTrue);
      expect(connections.all, hasLength(1));
      expect(connections.states.last, isA<ChannelClosed>());
    });

    test('completes a flush as its connection drains', () {
      final channel = connections.connect();
      openAndLast();
      connections.last.bufferedAmount = 300;
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
      connections.last.drain(150);
      expect(left, [150]);
      expect(isFlushed, isFalse);
      connections.last.drain(0);
      expect(left, [150, 0]);
      expect((isFlushed, isSentOut), (true, true));
    });

    test('completes a flush that began before it', () {
      final channel = connections.connect();
      openAndLast();
      connections.last.bufferedAmount = 300;
      var isFlushed = false;
      time.run(() => channel.flush().then((_) => isFlushed = true));
      time.run(channel.suspend);
      connections.last.drain(0);
      expect(isFlushed, isTrue);
    });

    test('that is suspended again meanwhile stays suspended', () {
      final channel = connections.connect();
      openAndLast();
      time.run(() {
        channel
          ..suspend()
          ..resume()
          ..suspend();
      });
      connections.last.receive('alive');
      time.elapse(_seconds * 60);
      expect(channel.state, isA<ChannelSuspended>());
      expect(connections.all, hasLength(1));
    });
  });

  group('ConnectionControls', () {
    test('refers to the current connection', () {
      final channel = connections.connect();
      expect(channel.stats, isNull);
      for (var count = 0; count < 2; count++) {
        connections.last.open();
        expect(channel.reconnects, count);
        connections.last.stats = WebSocketStats(bytesSent: count);
        expect(channel.stats?.bytesSent, count);
        Duration? roundTrip;
        time.run(() => channel.ping().then((it) => roundTrip = it));
        time.run(() => connections.last.pong.complete(_seconds * count));
        expect(roundTrip, _seconds * count);
        connections.last.drop();
        time.elapse(_seconds);
      }
    });

    test('continues with the next connection', () {
      final channel = connections.connect();
      final events = <TraceEvent>[];
      time.run(() => channel.trace.listen(events.add));
      for (var count = 1; count < 3; count++) {
        connections.last.open();
        time.run(
          () => connections.last.traceEvents.add(TraceClosing(DateTime.now())),
        );
        expect(events, hasLength(count));
        connections.last.drop();
        time.elapse(_seconds);
      }
    });

    test('has the event that each connection ended', () {
      final channel = connections.connect();
      final events = <TraceEvent>[];
      var isDone = false;
      time.run(
        () => channel.trace.listen(events.add, onDone: () => isDone = true),
      );
      for (var count = 1; count < 4; count++) {
        connections.last.open();
        // In the turn in which it ends, as a native connection does.
        time.run(() {
          connections.last.traceEvents.add(TraceClosing(DateTime.now()));
          connections.last.end(count < 3 ? 1006 : 1008);
        });
        expect(events, hasLength(count));
        time.elapse(_seconds);
      }
      expect(isDone, isTrue);
    });

    test('has no connection during a wait', () {
      final channel = connections.connect();
      openAndLast();
      connections.last.drop();
      expect(channel.state, isA<ChannelWaiting>());
      expect(connections.all, hasLength(2));
      connections.last.stats = const WebSocketStats();
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

    test('flush waits for the queue', () {
      final channel = connections.connect();
      var isFlushed = false;
      time.run(() {
        channel.sink.add('queued');
        channel.flush().then((_) => isFlushed = true);
      });
      expect(isFlushed, isFalse);
      connections.last.open();
      expect(isFlushed, isTrue);
    });

    test('reports what a connection does not support as an error', () {
      final channel = connections.connect();
      final errors = <Object>[];
      time.run(() => channel.receiveProgress.listen(null, onError: errors.add));
      expect(errors.single, isUnsupportedError);
      openAndLast();
      connections.last.drop();
      time.elapse(_seconds);
      connections.last.open();
      expect(channel.state, isA<ChannelOpen>());
    });
  });

  group('an invalid argument is rejected at the call:', () {
    void refuses(String name, ReconnectOptions options) => test(name, () {
      expect(
        () => connections.connect(reconnect: options),
        throwsA(
          isA<ArgumentError>().having(
            (error) => error.name,
            'name',
            'reconnect.$name',
          ),
        ),
      );
      expect(connections.all, isEmpty);
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
        () => connections.connect(
          connectTimeout: zero,
          findTarget: (_) => const ConnectTarget('ws://fake.test'),
        ),
        throwsArgumentError,
      );
    });
  });

  group('the socket', () {
    test('has the events of all connections, and one close event', () {
      final events = <Object>[];
      late ReconnectingWebSocket socket;
      time.run(() {
        socket = ReconnectingWebSocket.over(connections.setup());
        socket.events.listen(events.add, onDone: () => events.add('done'));
      });
      openAndLast();
      connections.last.receive('a');
      connections.last.drop();
      time.run(() => socket.sendText('queued'));
      openAndLast();
      expect(connections.last.sent, ['queued']);
      connections.last.receive('b');
      connections.last.end(1008);
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

    test('that gives up keeps its close event for a paused listener', () {
      final events = <Object>[];
      late final StreamSubscription<WebSocketEvent> subscription;
      time.run(() {
        final socket = ReconnectingWebSocket.over(connections.setup());
        subscription = socket.events.listen(
          events.add,
          onDone: () => events.add('done'),
        );
      });
      openAndLast();
      connections.last.receive('a');
      connections.last.drop();
      time.run(subscription.pause);
      connections.last.refuse(401);
      expect(events, [TextDataReceived('a')]);
      time.run(subscription.resume);
      expect(events, [TextDataReceived('a'), CloseReceived(1006), 'done']);
    });

    test('rejects a subprotocol that was not offered', () {
      final socket = time.run(
        () => ReconnectingWebSocket.over(
          connections.setup(refusesOtherProtocols: true),
        ),
      );
      connections.last.open(protocol: 'surprise');
      // RFC 6455 section 4.1: the client fails the connection.
      expect(connections.last.closedWith, 1002);
      time.elapse(const Duration(minutes: 1));
      expect(connections.all, hasLength(1));
      final failure = (socket.state as ChannelClosed).cause as ConnectFailed;
      // A server may repeat what was sent, which may be secret.
      expect('${failure.error}', isNot(contains('surprise')));
    });

    test('has no message of a connection whose subprotocol it refuses', () {
      final events = <Object>[];
      final socket = time.run(
        () => ReconnectingWebSocket.over(
          connections.setup(refusesOtherProtocols: true),
        ),
      );
      connections.last.open(protocol: 'surprise');
      connections.last.receive('refused');
      time.run(
        () =>
            socket.events.listen(events.add, onDone: () => events.add('done')),
      );
      expect(events, [CloseReceived(1006), 'done']);
    });

    test('that rejects a later subprotocol ends with 1002', () {
      final events = <Object>[];
      time.run(() {
        ReconnectingWebSocket.over(
          connections.setup(refusesOtherProtocols: true),
        ).events.listen(events.add, onDone: () => events.add('done'));
      });
      openAndLast();
      connections.last.drop();
      connections.last.open(protocol: 'surprise');
      time.elapse(const Duration(minutes: 1));
      expect(connections.all, hasLength(2));
      expect(events, [CloseReceived(1002), 'done']);
    });

    test('exists before its connection, and completes ready', () {
      var isReady = false;
      final socket = time.run(() {
        final socket = ReconnectingWebSocket.over(connections.setup());
        socket
          ..ready.then((_) => isReady = true)
          ..sendText('queued');
        return socket;
      });
      connections.last.fail(_down);
      expect(socket.state, isA<ChannelWaiting>());
      expect(isReady, isFalse);
      connections.last.open();
      expect(isReady, isTrue);
      expect(connections.last.sent, ['queued']);
    });

    test('that is closed before it is open leaves nothing', () {
      final ends = <Object>[];
      time.run(() {
        final socket = ReconnectingWebSocket.over(connections.setup());
        socket.events.listen(ends.add, onDone: () => ends.add('done'));
        socket.ready.timeout(_seconds * 30).catchError((Object error) {
          ends.add(error.runtimeType);
          return socket.close().then((_) => ends.add('closed'));
        });
      });
      for (var i = 0; i < 3; i++) {
        time.elapse(_seconds * 9);
        connections.last.fail(_down);
      }
      time.elapse(_seconds * 5);
      expect(connections.last.closedWith, -1);
      connections.last.fail(const CancelledException('it was closed'));
      time.elapse(const Duration(minutes: 1));
      expect(connections.all, hasLength(4));
      expect(ends, [TimeoutException, 'done', 'closed']);
    });

    test('that gives up before it is open has the cause, and ends', () {
      final ends = <Object>[];
      late final ReconnectingWebSocket socket;
      time.run(() {
        socket = ReconnectingWebSocket.over(connections.setup());
        socket.ready.catchError((Object error) {
          ends.add(error);
        });
      });
      connections.last.refuse(401);
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
