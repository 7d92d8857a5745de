// How a reconnecting channel finds out that its peer is gone, over fakes in
// fake time.
import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/reconnect/setup.dart';
import 'package:rust_web_socket/src/timer_limit.dart';
import 'package:rust_web_socket/src/web/connection.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';

import 'support/fake_time.dart';
import 'support/test_connections.dart';

const _second = Duration(seconds: 1);

Object _ping() => 'ping';

bool _isPong(Object message) => message == 'pong';

/// Every 30 seconds, and 10 seconds for the answer.
const _heartbeat = Heartbeat(message: _ping, isAnswer: _isPong);

ReconnectOptions _withHeartbeat([Heartbeat heartbeat = _heartbeat]) =>
    ReconnectOptions(heartbeat: heartbeat);

/// A browser's socket whose events a test calls.
final class _BrowserSocket implements BrowserSocket {
  _BrowserSocket(this.events);

  final BrowserSocketListener events;
  final List<Object> sent = [];

  @override
  String get protocol => '';

  @override
  String get extensions => '';

  @override
  bool get isOpen => true;

  @override
  int get bufferedAmount => 0;

  @override
  void sendText(String text) => sent.add(text);

  @override
  void sendBytes(Uint8List bytes) => sent.add(bytes);

  @override
  void close(int? code, String reason) {}
}

void main() {
  late FakeTime time;
  late TestConnections connections;

  setUp(() {
    time = FakeTime();
    connections = TestConnections(time);
  });
  tearDown(() {
    expect(time.unhandled, isEmpty);
    // None that a browser would fire at once.
    expect(time.longestTimer, lessThanOrEqualTo(timerLimit(_second * 1e9)));
  });

  /// A channel whose first connection is open.
  ReconnectingWebSocketChannel open({
    Heartbeat? heartbeat = _heartbeat,
    WebSocketOptions options = const WebSocketOptions(),
    FutureOr<void> Function(void Function(Object message) send)? onReconnected,
    ReconnectDecision Function(ConnectionFailure failure) decide =
        ReconnectDecision.byDefault,
    bool listens = true,
  }) {
    final channel = connections.connect(
      options: options,
      reconnect: ReconnectOptions(
        heartbeat: heartbeat,
        onReconnected: onReconnected,
        decide: decide,
      ),
      listens: listens,
    );
    connections.last.open();
    return channel;
  }

  void elapseSeconds(int seconds) => time.elapse(_second * seconds);

  void expectLost(ReconnectingWebSocketChannel channel, String error) {
    expect(
      channel.state,
      isA<ChannelWaiting>().having(
        (state) => state.cause,
        'cause',
        isA<ConnectionEnded>()
            .having((cause) => cause.info.code, 'code', 1001)
            .having(
              (cause) => cause.info.initiator,
              'initiator',
              CloseInitiator.local,
            )
            .having((cause) => cause.info.error, 'error', error),
      ),
    );
    expect(channel.closeCode, 1001);
    expect(channel.closeInfo!.error, error);
    final closed = connections.all.where((it) => it.closedWith != null);
    expect(closed.last.closedWith, 1001);
  }

  const unanswered =
      'The peer did not answer a heartbeat within 0:00:10.000000';

  group('a heartbeat', () {
    test('is sent in its interval, and answers keep the connection', () {
      final channel = open();
      final connection = connections.last;
      for (var beats = 0; beats < 10; beats++) {
        elapseSeconds(29);
        expect(connection.sent, hasLength(beats));
        elapseSeconds(1);
        expect(connection.sent, List.filled(beats + 1, 'ping'));
        connection.receive('pong');
      }
      expect(channel.state, isA<ChannelOpen>());
      expect(connections.received, isEmpty);
      expect(connections.all, hasLength(1));
    });

    test('without an answer ends the connection at its timeout', () {
      final channel = open();
      elapseSeconds(30);
      time.elapse(const Duration(milliseconds: 9999));
      expect(channel.state, isA<ChannelOpen>());
      time.elapse(const Duration(milliseconds: 1));
      expectLost(channel, unanswered);
      elapseSeconds(1);
      connections.last.open();
      expect(connections.all, hasLength(2));
      expect(channel.reconnects, 1);
    });

    test('is answered by any message, which is delivered', () {
      final channel = open();
      elapseSeconds(5);
      for (var beats = 0; beats < 3; beats++) {
        elapseSeconds(30);
        connections.last.receive('news $beats');
      }
      expect(channel.state, isA<ChannelOpen>());
      expect(connections.received, ['news 0', 'news 1', 'news 2']);
    });

    test('is not answered by what arrived before it', () {
      final channel = open();
      elapseSeconds(29);
      connections.last.receive('news');
      elapseSeconds(11);
      expectLost(channel, unanswered);
    });

    test('may be binary, and each may be another', () {
      var beats = 0;
      open(heartbeat: Heartbeat(message: () => [beats++]));
      for (var i = 0; i < 3; i++) {
        elapseSeconds(30);
        connections.last.receive('yes');
      }
      expect(connections.last.sent, [
        [0],
        [1],
        [2],
      ]);
      expect(connections.received, ['yes', 'yes', 'yes']);
    });

    test('without isAnswer keeps no answer from the listener', () {
      open(heartbeat: const Heartbeat(message: _ping));
      elapseSeconds(30);
      connections.last.receive('pong');
      expect(connections.received, ['pong']);
    });

    test('gives the messages that were in flight the result lost', () async {
      final channel = open(
        options: const WebSocketOptions(maxBufferedAmount: 9),
      );
      elapseSeconds(30);
      connections.last.drain(0);
      final results = <SendResult>[];
      time.run(() => channel.send('x').then(results.add));
      elapseSeconds(10);
      expectLost(channel, unanswered);
      expect(results, [SendResult.lost]);
      expect(connections.unsent, isEmpty);
    });

    test('does not end the back-off of a server that never answers', () {
      open();
      for (var i = 0; i < 3; i++) {
        elapseSeconds(42);
        connections.last.open();
      }
      // Open for long enough.
      expect(connections.waits, [1000, 1000, 1000]);
    });

    test('is not sent without a connection, and again with the next', () {
      open();
      elapseSeconds(20);
      connections.last.drop();
      elapseSeconds(3);
      expect(connections.all, hasLength(2));
      elapseSeconds(30);
      expect(connections.last.sent, isEmpty);
      connections.last.open();
      elapseSeconds(29);
      expect(connections.last.sent, isEmpty);
      elapseSeconds(1);
      expect(connections.last.sent, ['ping']);
    });

    test('waits for onReconnected', () {
      final isSubscribed = time.run(Completer<void>.new);
      final channel = open(onReconnected: (send) => isSubscribed.future);
      connections.last.drop();
      elapseSeconds(1);
      connections.last.open();
      elapseSeconds(60);
      expect(connections.last.sent, isEmpty);
      time.run(isSubscribed.complete);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(30);
      expect(connections.last.sent, ['ping']);
    });

    test('ends with the channel', () {
      final channel = open();
      elapseSeconds(35);
      time.run(() => channel.sink.close());
      connections.last.end(1000, CloseInitiator.local);
      expect(time.pendingTimers, 0);
    });

    test('ends with a connection that the peer ends for good', () {
      final channel = open();
      elapseSeconds(35);
      connections.last.end(1008);
      expect(channel.state, isA<ChannelClosed>());
      expect(time.pendingTimers, 0);
    });

    test('of a socket is as that of a channel', () {
      final socket = time.run(
        () => ReconnectingWebSocket.over(
          connections.setup(reconnect: _withHeartbeat()),
        ),
      );
      connections.last.open();
      final events = <Object>[];
      time.run(() => socket.events.listen(events.add));
      elapseSeconds(30);
      connections.last.receive('pong');
      elapseSeconds(30);
      expect(connections.last.sent, ['ping', 'ping']);
      expect(events, isEmpty);
      elapseSeconds(10);
      expect(socket.state, isA<ChannelWaiting>());
    });

    test('of a fake client follows package:clock', () {
      final peers = <RustWebSocketChannel>[];
      final received = <Object?>[];
      final server = FakeServer(
        onConnect: (peer) {
          peers.add(peer);
          peer.stream.listen((message) {
            received.add(message);
            if (received.length < 3) peer.sink.add('pong');
          });
        },
      );
      final channel = time.run(
        () => server.connectReconnecting(reconnect: _withHeartbeat()),
      );
      elapseSeconds(99);
      expect(received, ['ping', 'ping', 'ping']);
      expect(peers, hasLength(1));
      elapseSeconds(2);
      expect(peers, hasLength(2));
      expect(channel.reconnects, 1);
    });
  });

  group('a listener that', () {
    test('pauses: what waits for it shows that the peer is there', () {
      final channel = open(listens: false);
      final received = <Object?>[];
      final subscription = time.run(() => channel.stream.listen(received.add))
        ..pause();
      for (var beats = 0; beats < 3; beats++) {
        elapseSeconds(30);
        connections.last.receive('news $beats');
        connections.last.receive('pong');
      }
      expect(channel.state, isA<ChannelOpen>());
      expect(received, isEmpty);
      time
        ..run(subscription.resume)
        ..settle();
      expect(received, ['news 0', 'news 1', 'news 2']);
    });

    test('pauses: the peer is lost all the same', () {
      final channel = open(listens: false);
      time.run(() => channel.stream.listen(null)).pause();
      connections.last.receive('news');
      elapseSeconds(40);
      expectLost(channel, unanswered);
    });

    test('resumes: what had arrived before the heartbeat is no answer', () {
      final channel = open(listens: false);
      final subscription = time.run(
        () => channel.stream.listen(connections.received.add),
      )..pause();
      connections.last.receive('news');
      elapseSeconds(31);
      time
        ..run(subscription.resume)
        ..settle();
      expect(connections.received, ['news']);
      elapseSeconds(9);
      expectLost(channel, unanswered);
    });

    test('makes the peer wait: silence does not count', () {
      final channel = open();
      final connection = connections.last..isReading = false;
      elapseSeconds(300);
      expect(channel.state, isA<ChannelOpen>());
      // The peer may need them.
      expect(connection.sent.length, 10);
      connection.isReading = true;
      // Of the heartbeat at 5:00.
      elapseSeconds(10);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(30);
      expectLost(channel, unanswered);
    });

    test('makes the peer wait after a heartbeat: the same', () {
      final channel = open();
      elapseSeconds(35);
      connections.last.isReading = false;
      elapseSeconds(10);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('has cancelled: what is dropped shows it too', () {
      final channel = open(listens: false);
      time.run(() => channel.stream.listen(null).cancel());
      for (var beats = 0; beats < 3; beats++) {
        elapseSeconds(30);
        connections.last.receive('pong');
      }
      elapseSeconds(29);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(11);
      expectLost(channel, unanswered);
    });

    test('never was: the same', () {
      final channel = open(listens: false);
      elapseSeconds(30);
      connections.last.receive('pong');
      elapseSeconds(39);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(1);
      expectLost(channel, unanswered);
    });
  });

  group('an upload', () {
    const buffers = WebSocketOptions(maxBufferedAmount: 1000);

    test('does not end while it makes progress', () {
      final channel = open(options: buffers);
      time.run(() => channel.sink.add('x' * 900));
      for (var left = 896; left >= 0; left -= 32) {
        elapseSeconds(9);
        connections.last.drain(left);
        expect(channel.state, isA<ChannelOpen>());
      }
      // One only.
      expect(connections.last.sent.skip(1), ['ping']);
      // The peer has it now.
      time.elapse(const Duration(milliseconds: 9999));
      expect(channel.state, isA<ChannelOpen>());
      time.elapse(const Duration(milliseconds: 1));
      expectLost(channel, unanswered);
    });

    test('makes progress although more is added', () {
      final channel = open(options: buffers);
      time.run(() => channel.sink.add('x' * 500));
      elapseSeconds(35);
      connections.last.drain(450);
      time.run(() => channel.sink.add('x' * 200));
      elapseSeconds(10);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(5);
      expectLost(channel, unanswered);
    });

    test('ends when it makes no progress', () {
      final channel = open(options: buffers);
      time.run(() => channel.sink.add('x' * 900));
      elapseSeconds(31);
      connections.last.drain(500);
      elapseSeconds(18);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(1);
      expectLost(channel, unanswered);
    });

    test('that begins after a heartbeat is not waited for', () {
      final channel = open(options: buffers);
      elapseSeconds(30);
      connections.last.drain(0);
      time.run(() => channel.sink.add('x' * 900));
      for (var i = 1; i < 10; i++) {
        elapseSeconds(1);
        connections.last.drain(900 - i);
      }
      elapseSeconds(1);
      expectLost(channel, unanswered);
    });

    test('that leaves no room delays the heartbeat', () {
      final channel = open(options: buffers);
      time.run(() => channel.sink.add('x' * 1000));
      elapseSeconds(35);
      connections.last.drain(500);
      expect(connections.last.sent, hasLength(1));
      elapseSeconds(5);
      expect(connections.last.sent.skip(1), ['ping']);
      connections.last.drain(0);
      elapseSeconds(9);
      connections.last.receive('pong');
      elapseSeconds(9);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('that leaves no room and makes no progress ends', () {
      final channel = open(options: buffers);
      time.run(() => channel.sink.add('x' * 1000));
      elapseSeconds(40);
      expectLost(channel, unanswered);
    });
  });

  group('a suspended channel', () {
    test('sends no heartbeat, and one at once when it is resumed', () {
      final channel = open();
      time.run(channel.suspend);
      elapseSeconds(600);
      expect(connections.last.sent, isEmpty);
      time.run(() {
        channel
          ..sink.add('queued')
          ..resume();
      });
      expect(connections.last.sent, ['ping']);
      elapseSeconds(2);
      expect(channel.state, isA<ChannelSuspended>());
      connections.last.receive('pong');
      expect(channel.state, isA<ChannelOpen>());
      expect(connections.last.sent, ['ping', 'queued']);
      elapseSeconds(30);
      expect(connections.last.sent.last, 'ping');
      expect(connections.received, isEmpty);
    });

    test('replaces its connection at once without an answer', () {
      final channel = open();
      time
        ..run(channel.suspend)
        ..run(channel.resume);
      connections.last.pong.complete(_second);
      elapseSeconds(3);
      expect(connections.all, hasLength(2));
      expect(connections.all.first.closedWith, 1001);
      expect(
        '${channel.state}',
        'ChannelConnecting(1, ConnectionEnded(CloseInfo(1001, local, not clean, '
            'The peer did not answer a heartbeat within 0:00:03.000000 after '
            'resume())))',
      );
      expect(channel.closeInfo!.code, 1001);
    });

    test('without a heartbeat says so too', () {
      final channel = open(heartbeat: null);
      time
        ..run(channel.suspend)
        ..run(channel.resume);
      elapseSeconds(3);
      expect(
        channel.closeInfo!.error,
        'The peer did not answer a ping within 0:00:03.000000 after resume()',
      );
      connections.last.open();
      expect(channel.state, isA<ChannelOpen>());
    });

    test('keeps its connection where nothing can be asked', () {
      for (final heartbeat in [null, const Heartbeat.ofServer()]) {
        final channel = open(heartbeat: heartbeat);
        connections.last.hasPings = false;
        time
          ..run(channel.suspend)
          ..run(channel.resume);
        expect(channel.state, isA<ChannelOpen>());
        elapseSeconds(4);
        expect(channel.state, isA<ChannelOpen>());
        expect(connections.last.closedWith, isNull);
      }
    });

    test(
      'keeps its connection while a paused listener makes the peer wait',
      () {
        for (final heartbeat in [null, _heartbeat]) {
          final channel = open(heartbeat: heartbeat);
          connections.last.isReading = false;
          time
            ..run(channel.suspend)
            ..run(channel.resume);
          elapseSeconds(3);
          expect(channel.state, isA<ChannelOpen>());
          expect(connections.last.closedWith, isNull);
        }
      },
    );

    test('notices what waits for a paused listener', () {
      final channel = open(listens: false);
      time
        ..run(channel.suspend)
        ..run(channel.resume);
      connections.last.receive('pong');
      elapseSeconds(3);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('waits for an upload that makes progress', () {
      for (final heartbeat in [null, _heartbeat]) {
        final channel = open(
          heartbeat: heartbeat,
          options: const WebSocketOptions(maxBufferedAmount: 1000),
        );
        time.run(() {
          channel.sink.add('x' * 900);
          channel
            ..suspend()
            ..resume();
        });
        for (var left = 850; left > 0; left -= 50) {
          elapseSeconds(2);
          connections.last.drain(left);
          expect(channel.state, isA<ChannelSuspended>());
        }
        elapseSeconds(6);
        expect(channel.state, isA<ChannelConnecting>());
      }
    });
  });

  group('a function that throws', () {
    CallbackException causeOf(ChannelState state) => switch (state) {
      ChannelWaiting(cause: ConnectFailed(:final CallbackException error)) ||
      ChannelClosed(
        cause: ConnectFailed(:final CallbackException error),
      ) => error,
      _ => throw StateError('$state'),
    };

    test('an Error ends it with the cause', () {
      final channel = open(
        heartbeat: Heartbeat(message: () => throw StateError('a bug')),
      );
      elapseSeconds(30);
      expect(channel.state, isA<ChannelClosed>());
      expect(causeOf(channel.state).error, isA<StateError>());
      expect(
        causeOf(channel.state).message,
        'heartbeat.message failed (Bad state: a bug)',
      );
      expect(connections.last.closedWith, 1000);
      connections.last.end(1000, CloseInitiator.local);
      elapseSeconds(1);
      expect(time.pendingTimers, 0);
    });

    test('an Exception is a failed attempt, with growing waits', () {
      final channel = open(
        heartbeat: Heartbeat(message: () => throw const FormatException('no')),
      );
      for (var i = 0; i < 3; i++) {
        elapseSeconds(30);
        expect(causeOf(channel.state).error, isA<FormatException>());
        elapseSeconds(2);
        connections.last.open();
      }
      expect(connections.waits, [1000, 1300, 1690]);
      expect(connections.all, hasLength(4));
    });

    test('returning what is no message is an Error', () {
      final channel = open(heartbeat: Heartbeat(message: () => 3));
      elapseSeconds(30);
      expect(causeOf(channel.state).error, isA<ArgumentError>());
      expect(channel.state, isA<ChannelClosed>());
    });

    test('a heartbeat over maxBufferedAmount is an Error', () {
      final channel = open(
        options: const WebSocketOptions(maxBufferedAmount: 3),
      );
      elapseSeconds(30);
      expect(
        causeOf(channel.state).error,
        isA<ArgumentError>().having(
          (error) => error.name,
          'name',
          'options.maxBufferedAmount',
        ),
      );
      expect(channel.state, isA<ChannelClosed>());
    });

    test('when it is resumed is a failed attempt', () {
      final channel = open(
        heartbeat: Heartbeat(message: () => throw const FormatException('no')),
      );
      time
        ..run(channel.suspend)
        ..run(channel.resume);
      expect(causeOf(channel.state).error, isA<FormatException>());
      elapseSeconds(1);
      expect(connections.all, hasLength(2));
    });

    test('isAnswer delivers the message, and fails once', () {
      final channel = open(
        heartbeat: Heartbeat(
          message: _ping,
          isAnswer: (message) => throw const FormatException('no JSON'),
        ),
        listens: false,
      );
      connections.last
        ..receive('one')
        ..receive('two');
      // Together.
      time.run(() => channel.stream.listen(connections.received.add));
      expect(connections.received, ['one', 'two']);
      expect(causeOf(channel.state).error, isA<FormatException>());
      expect(
        causeOf(channel.state).message,
        'heartbeat.isAnswer failed (FormatException: no JSON)',
      );
      elapseSeconds(1);
      expect(connections.waits, [1000]);
      expect(connections.all, hasLength(2));
    });

    test('isAnswer in a suspended channel leaves it suspended', () {
      final channel = open(
        heartbeat: Heartbeat(
          message: _ping,
          isAnswer: (message) => throw const FormatException('no JSON'),
        ),
      );
      time.run(channel.suspend);
      connections.last.receive('one');
      expect(channel.state, isA<ChannelSuspended>());
      expect(connections.last.closedWith, 1000);
      elapseSeconds(60);
      expect(connections.all, hasLength(1));
      time.run(channel.resume);
      expect(connections.all, hasLength(2));
    });
  });

  group('message() may', () {
    late ReconnectingWebSocketChannel channel;

    void opens(void Function() call) {
      channel = open(
        heartbeat: Heartbeat(
          message: () {
            call();
            return 'ping';
          },
        ),
      );
      elapseSeconds(30);
    }

    test('suspend the channel', () {
      opens(() => channel.suspend());
      elapseSeconds(600);
      expect(channel.state, isA<ChannelSuspended>());
      expect(connections.all.single.sent, isEmpty);
    });

    test('close the channel', () {
      opens(() => channel.sink.close());
      expect(connections.all.single.sent, isEmpty);
      connections.last.end(1000, CloseInitiator.local);
      expect(channel.state, isA<ChannelClosed>());
    });

    test('connect again', () {
      opens(() => channel.reconnectNow());
      expect(connections.all, hasLength(2));
      expect(connections.all.first.sent, isEmpty);
      elapseSeconds(600);
      expect(connections.all, hasLength(2));
    });

    test('send messages', () {
      opens(() => channel.sink.add('before'));
      expect(connections.last.sent, ['before', 'ping']);
    });
  });

  group('time that the process was stopped', () {
    test('does not count', () {
      final channel = open();
      elapseSeconds(30);
      // What has arrived meanwhile comes after the timer.
      time.now += _second * 60;
      time.settle();
      expect(channel.state, isA<ChannelOpen>());
      connections.last
        ..receive('pong')
        // The next was due meanwhile.
        ..receive('pong');
      expect(connections.last.sent, ['ping', 'ping']);
      elapseSeconds(29);
      expect(channel.state, isA<ChannelOpen>());
    });

    test('counts again when timers are always late', () {
      final channel = open();
      elapseSeconds(30);
      for (var i = 0; i < 2; i++) {
        time.now += _second * 60;
        time.settle();
      }
      expectLost(channel, unanswered);
    });
  });

  group('heartbeats of the server', () {
    const ofServer = Heartbeat.ofServer(isAnswer: _isPong);

    test('keep the connection, and nothing is sent', () {
      final channel = open(heartbeat: ofServer);
      for (var i = 0; i < 10; i++) {
        elapseSeconds(40);
        connections.last.receive('pong');
      }
      expect(channel.state, isA<ChannelOpen>());
      expect(connections.last.sent, isEmpty);
      expect(connections.received, isEmpty);
    });

    test('that stop end the connection', () {
      final channel = open(heartbeat: ofServer);
      connections.last.receive('pong');
      elapseSeconds(45);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(1);
      expectLost(channel, 'The peer sent nothing for 0:00:45.000000');
    });

    test('are not awaited while the channel is suspended', () {
      final channel = open(heartbeat: ofServer);
      time.run(channel.suspend);
      elapseSeconds(600);
      expect(channel.state, isA<ChannelSuspended>());
      time.run(channel.resume);
      connections.last.pong.complete(_second);
      elapseSeconds(40);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(6);
      expectLost(channel, 'The peer sent nothing for 0:00:45.000000');
    });
  });

  group('in a browser', () {
    late List<_BrowserSocket> sockets;
    late ReconnectingWebSocketChannel channel;
    final received = <Object?>[];

    void connect(Heartbeat? heartbeat) {
      sockets = [];
      received.clear();
      channel = time.run(
        () => ReconnectingWebSocketChannel.over(
          ReconnectSetup(
            ConnectionRequest('ws://fake.test'),
            reconnect: ReconnectOptions(heartbeat: heartbeat),
            connectorFor: (request) =>
                (listener) => WebConnection(request, listener, (_, _, events) {
                  sockets.add(_BrowserSocket(events));
                  return sockets.last;
                }),
            connectorDelays: false,
          ),
        ),
      );
      time.run(() {
        channel.stream.listen(received.add);
        sockets.last.events.onOpen();
      });
    }

    test('a dead connection is replaced', () {
      connect(_heartbeat);
      elapseSeconds(30);
      expect(sockets.last.sent, ['ping']);
      time.run(() => sockets.last.events.onMessage('pong'));
      elapseSeconds(39);
      expect(channel.state, isA<ChannelOpen>());
      elapseSeconds(3);
      expect(sockets, hasLength(2));
      expect(channel.closeInfo!.error, unanswered);
      expect(received, isEmpty);
    });

    test('resume asks with the heartbeat', () {
      connect(_heartbeat);
      time
        ..run(channel.suspend)
        ..run(channel.resume);
      expect(channel.state, isA<ChannelSuspended>());
      time.run(() => sockets.last.events.onMessage('pong'));
      expect(channel.state, isA<ChannelOpen>());
      expect(sockets, hasLength(1));
    });

    test('resume without a heartbeat keeps a quiet connection', () {
      connect(null);
      time
        ..run(channel.suspend)
        ..run(channel.resume);
      elapseSeconds(60);
      expect(channel.state, isA<ChannelOpen>());
      expect(sockets, hasLength(1));
    });
  });

  test('the state says why an attempt is made', () {
    final channel = open(heartbeat: null);
    connections.last.drop();
    elapseSeconds(1);
    ConnectionFailure? cause() => (channel.state as ChannelConnecting).cause;
    expect(cause(), isA<ConnectionEnded>());
    connections.last.fail(refusal(500));
    elapseSeconds(2);
    expect(cause(), isA<ConnectFailed>());
    connections.last.open();
    time.run(channel.reconnectNow);
    expect(cause(), isNull);
  });

  test('waits of months are no timers that a browser fires at once', () {
    const months = Duration(days: 100);
    open(
      heartbeat: const Heartbeat(
        message: _ping,
        interval: months,
        timeout: months,
      ),
    );
    elapseSeconds(10);
    expect(connections.last.sent, isEmpty);
    final others = TestConnections(time, areDelayed: false)
      ..connect(
        connectTimeout: months,
        reconnect: const ReconnectOptions(
          maxRetryAfter: months,
          probeTimeout: months,
          backoff: BackoffOptions(start: months, cap: months),
        ),
      );
    others.last.refuse(
      503,
      headers: {
        'retry-after': ['${months.inSeconds}'],
      },
    );
    elapseSeconds(10);
    expect(others.all, hasLength(1));
  });

  group('an invalid heartbeat is rejected at the call:', () {
    for (final (name, heartbeat) in const [
      ('interval', Heartbeat(message: _ping, interval: Duration.zero)),
      ('timeout', Heartbeat(message: _ping, timeout: Duration.zero)),
      ('timeout', Heartbeat.ofServer(timeout: Duration.zero)),
    ]) {
      test('$name${heartbeat.message == null ? ' of the server' : ''}', () {
        expect(
          () => connections.connect(reconnect: _withHeartbeat(heartbeat)),
          throwsA(
            isA<ArgumentError>().having(
              (error) => error.name,
              'name',
              'reconnect.heartbeat.$name',
            ),
          ),
        );
      });
    }
  });
}
