// A reconnecting channel on a device whose networks come and go, over fakes in
// fake time.
import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/fake_time.dart';
import 'support/test_connections.dart';

const _down = UnreachableException('no network');
const _second = Duration(seconds: 1);

/// A stream with an event within `listen`.
final class _Immediate extends Stream<Object?> {
  @override
  StreamSubscription<Object?> listen(
    void Function(Object? event)? onData, {
    Function? onError,
    void Function()? onDone,
    bool? cancelOnError,
  }) {
    onData?.call('wifi');
    return const Stream<Object?>.empty().listen(null);
  }
}

void main() {
  late FakeTime time;
  late TestConnections connections;
  late StreamController<Object?> changes;

  setUp(() {
    time = FakeTime();
    connections = TestConnections(time);
    changes = StreamController<Object?>(sync: true);
  });
  tearDown(() => expect(time.unhandled, isEmpty));

  void change() => time.run(() => changes.add('wifi'));

  ReconnectingWebSocketChannel connect({
    BackoffOptions backoff = const BackoffOptions(),
    int? maxAttempts,
    Heartbeat? heartbeat,
    bool listens = true,
  }) => connections.connect(
    reconnect: ReconnectOptions(
      backoff: backoff,
      maxAttempts: maxAttempts,
      heartbeat: heartbeat,
      networkChanges: changes.stream,
    ),
    listens: listens,
  );

  group('after a network change', () {
    test('an attempt that waits starts at once', () {
      connect();
      connections.last.fail(_down);
      expect(connections.states.last, isA<ChannelWaiting>());
      change();
      expect(connections.all, hasLength(3));
      expect(connections.last.request.delay, Duration.zero);
      final state = connections.states.last as ChannelConnecting;
      expect((state.attempt, '${state.cause}'), (2, 'ConnectFailed($_down)'));
      expect(connections.all[1].closedWith, isNotNull);
    });

    test('an attempt that is connecting starts again', () {
      connect();
      change();
      expect(connections.all, hasLength(2));
      expect(connections.all.first.closedWith, isNotNull);
      connections.all.first.open();
      expect(connections.states.last, isA<ChannelConnecting>());
      connections.last.open();
      expect(connections.states.last, isA<ChannelOpen>());
    });

    test('it does not count as another attempt', () {
      connect(maxAttempts: 2);
      for (var i = 0; i < 5; i++) {
        change();
        time.elapse(const Duration(minutes: 1));
      }
      connections.last.fail(_down);
      expect(connections.states.last, isA<ChannelWaiting>());
      change();
      connections.last.fail(_down);
      expect(connections.states.last, isA<ChannelClosed>());
    });

    test('an open connection that answers is kept', () {
      connect();
      connections.last.open();
      change();
      time.run(() => connections.last.pong.complete(_second));
      time.elapse(_second * 10);
      expect(connections.all, hasLength(1));
      expect(connections.states.last, isA<ChannelOpen>());
    });

    test('an open connection that is silent is replaced', () {
      connect();
      connections.last.open();
      change();
      time.elapse(_second * 3);
      expect(connections.all, hasLength(2));
      expect(connections.all.first.closedWith, 1001);
      final state = connections.states.last as ChannelConnecting;
      expect(
        '${state.cause}',
        contains('did not answer a ping within 0:00:03.000000 after a network'),
      );
    });

    test('a heartbeat is sent at once, and continues', () {
      connect(
        heartbeat: Heartbeat(
          message: () => 'ping',
          interval: _second * 30,
          timeout: _second * 10,
        ),
      );
      connections.last.open();
      time.elapse(_second * 5);
      change();
      expect(connections.last.sent, ['ping']);
      connections.last.receive('pong');
      time.elapse(_second * 29);
      expect(connections.all, hasLength(1));
      expect(connections.states.last, isA<ChannelOpen>());
      expect(connections.last.sent, hasLength(1));
      time.elapse(_second);
      expect(connections.last.sent, hasLength(2));
    });

    test('a browser without a heartbeat keeps its connection', () {
      connect();
      connections.last
        ..hasPings = false
        ..open();
      change();
      time.elapse(_second * 10);
      expect(connections.all, hasLength(1));
    });

    test('a suspended channel does nothing until it resumes', () {
      final channel = connect();
      connections.last.fail(_down);
      change();
      time.run(channel.suspend);
      final before = connections.all.length;
      change();
      expect(time.pendingTimers, 0);
      time.elapse(_second * 10);
      expect(connections.all, hasLength(before));
      time.run(channel.resume);
      expect(connections.all, hasLength(before + 1));
    });

    test('an attempt without room for its messages still waits', () {
      final channel = connect(listens: false);
      final subscription = time.run(() => channel.stream.listen((_) {}));
      subscription.pause();
      for (var i = 0; i < 16; i++) {
        connections.last
          ..open()
          ..receive('message')
          ..drop();
        time.elapse(_second * 10);
      }
      final most = connections.all.length;
      change();
      time.elapse(_second * 10);
      expect(connections.all, hasLength(most));
      time.run(subscription.resume);
      time.elapse(_second * 10);
      expect(connections.all, hasLength(most + 1));
    });
  });

  group('network changes', () {
    test('within the call that connects are the network it begins with', () {
      connections.connect(
        reconnect: ReconnectOptions(
          maxDuration: const Duration(minutes: 1),
          networkChanges: _Immediate(),
        ),
      );
      expect(connections.all, hasLength(1));
      connections.last.open();
      expect(connections.states.last, isA<ChannelOpen>());
    });

    test('of a second are one', () {
      connect();
      for (var i = 0; i < 10; i++) {
        change();
      }
      expect(connections.all, hasLength(2));
      time.elapse(_second);
      expect(connections.all, hasLength(3));
      time.elapse(_second * 10);
      expect(connections.all, hasLength(3));
    });

    test('that never stop leave half a minute for an attempt', () {
      connect();
      for (var i = 0; i < 6000; i++) {
        change();
        time.elapse(_second ~/ 10);
      }
      final starts = [
        for (final connection in connections.all) connection.askedAt.inSeconds,
      ];
      expect(starts.take(7), [0, 0, 1, 3, 7, 15, 31]);
      expect(starts.skip(7), everyElement(greaterThan(60)));
      expect(starts, hasLength(lessThan(30)));
    });

    test('that are errors are ignored, and so is the end', () {
      connect();
      time
        ..run(() => changes.addError('no permission'))
        ..run(changes.close)
        ..elapse(_second);
      expect(connections.all, hasLength(1));
      connections.last.open();
      expect(connections.states.last, isA<ChannelOpen>());
    });

    test('are not listened to after the end', () {
      final channel = connect();
      expect(changes.hasListener, isTrue);
      connections.last.open();
      time.run(() => unawaited(channel.sink.close()));
      connections.last.end(1000, CloseInitiator.local);
      expect(changes.hasListener, isFalse);
      expect(time.pendingTimers, 0);
    });

    test('whose stream fails to cancel do not hinder the end', () {
      changes = StreamController<Object?>(
        onCancel: () => throw StateError('gone'),
      );
      final channel = connect();
      connections.last.open();
      time.run(() => unawaited(channel.sink.close()));
      connections.last.end(1000, CloseInitiator.local);
      expect(connections.states.last, isA<ChannelClosed>());
    });

    test('of a stream that has its listener already are an error at once', () {
      connect();
      expect(connect, throwsStateError);
      expect(connections.all, hasLength(1));
    });
  });

  group('a captive portal', () {
    final refusals = [
      const TlsHandshakeException('', failure: TlsFailure.untrusted),
      for (final status in [200, 302, 403, 404, 407, 511]) refusal(status),
    ];
    test('does not end a channel that has been open', () {
      connections.connect();
      connections.last.open();
      time.elapse(_second * 10);
      connections.last.drop();
      for (final refusal in refusals) {
        time.elapse(_second * 10);
        connections.last.fail(refusal);
        final state = connections.states.last as ChannelWaiting;
        expect('${state.cause}', 'ConnectFailed($refusal)');
      }
      // 511 is an error of a server, as are all from 500 on.
      expect(connections.waits.skip(1), everyElement(10000));
      time.elapse(_second * 10);
      connections.last.open();
      expect(connections.states.last, isA<ChannelOpen>());
    });

    test('ends a channel that has never been open', () {
      connections.connect();
      connections.last.fail(refusals.first);
      expect(connections.states.last, isA<ChannelClosed>());
    });

    test('is waited for until the network changes', () {
      connect(backoff: const BackoffOptions(cap: Duration(minutes: 1)));
      connections.last.open();
      time.elapse(_second * 10);
      connections.last.drop();
      time.elapse(_second * 10);
      connections.last.fail(refusals.first);
      expect(connections.waits.last, 60000);
      change();
      connections.last.open();
      expect(connections.states.last, isA<ChannelOpen>());
    });
  });

  test('a suspended channel sends no pings', () {
    final channel = connections.connect(pingInterval: _second * 20);
    connections.last.open();
    time.run(channel.suspend);
    expect(connections.last.pingInterval, isNull);
    expect(time.pendingTimers, 0);
    time.run(channel.resume);
    expect(connections.last.pingInterval, _second * 20);
    time.run(channel.suspend);
    expect(connections.last.pingInterval, isNull);
    expect(time.pendingTimers, 0);
  });
}
