import 'dart:async';
import 'dart:typed_data';

import 'package:example_app/logic/demo_connection.dart';
import 'package:example_app/logic/demo_model.dart';
import 'package:example_app/logic/failure.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';

/// A connection that does what a test tells it to.
final class _Connection implements DemoConnection {
  late void Function(DemoState state) report;
  late void Function(Object message) receive;
  final sent = <Object>[];
  (int?, String?)? closedWith;

  @override
  bool isPaused = false;

  @override
  int bufferedAmount = 0;

  @override
  DemoStatistics statistics = const DemoStatistics();

  @override
  void start({
    required void Function(DemoState state) onState,
    required void Function(Object message) onMessage,
  }) {
    report = onState;
    receive = onMessage;
  }

  @override
  void send(Object message) => sent.add(message);

  @override
  bool get reconnects => true;

  @override
  bool isSuspended = false;

  int connectsNow = 0;

  @override
  void connectNow() => connectsNow++;

  @override
  void close(int? code, String? reason) => closedWith = (code, reason);
}

final class _Connector implements DemoConnector {
  final connections = <_Connection>[];
  final addresses = <String>[];
  Object? error;
  DemoOptions? options;

  @override
  DemoConnection connect(String address, DemoOptions options) {
    addresses.add(address);
    this.options = options;
    if (error case final error?) throw error;
    connections.add(_Connection());
    return connections.last;
  }
}

/// Connects to a server in memory.
final class _FakeServerConnector implements DemoConnector {
  _FakeServerConnector(this.server);

  final FakeServer server;

  @override
  DemoConnection connect(String address, DemoOptions options) =>
      options.reconnect
      ? ReconnectingDemoConnection(
          server.connectReconnecting(
            reconnect: const ReconnectOptions(
              backoff: BackoffOptions(
                start: Duration(milliseconds: 1),
                cap: Duration(milliseconds: 1),
              ),
            ),
          ),
        )
      : SingleDemoConnection(server.connect());
}

void main() {
  late _Connector connector;
  late List<void Function()> frames;
  late int changes;
  late int now;
  late DemoModel model;

  DemoModel modelOf(DemoConnector connector) => DemoModel(
    connector: connector,
    schedule: (callback) => frames.add(callback),
    onChanged: () => changes++,
    microseconds: () => now,
  );

  void runFrame() {
    final due = frames;
    frames = [];
    for (final callback in due) {
      callback();
    }
  }

  setUp(() {
    connector = _Connector();
    frames = [];
    changes = 0;
    now = 0;
    model = modelOf(connector);
  });

  _Connection open() {
    model.connect('ws://test');
    return connector.connections.last..report(const DemoOpen());
  }

  test('a connection opens, is closed with a code, and ends', () {
    expect(model.canConnect, isTrue);
    model.connect(' ws://test ');
    expect(connector.addresses, ['ws://test']);
    expect(model.state, isA<DemoConnecting>());
    expect(model.canConnect, isFalse);
    final connection = connector.connections.single..report(const DemoOpen());
    expect(model.isOpen, isTrue);
    model.close(3001, 'bye');
    expect(model.state, isA<DemoClosing>());
    expect(connection.closedWith, (3001, 'bye'));
    connection.report(const DemoClosed(null));
    expect(model.canConnect, isTrue);
    expect(model.failure, isNull);
  });

  test('an invalid address is a failure', () {
    connector.error = const FormatException('no URL');
    model.connect('nonsense');
    expect(model.failure?.kind, FailureKind.badAddress);
    connector.error = null;
    model.tryAgain();
    expect(connector.addresses, ['nonsense', 'nonsense']);
    expect(model.failure, isNull);
  });

  test('events of an earlier connection are ignored', () {
    final first = open()..report(const DemoClosed(null));
    open();
    first
      ..report(const DemoClosed(null))
      ..receive('late');
    expect(model.isOpen, isTrue);
    expect(model.receivedMessages, 0);
  });

  test('messages are counted and listed', () {
    final connection = open();
    model
      ..send('Grüße')
      ..send(Uint8List(3));
    connection
      ..receive('你好')
      ..receive(Uint8List(5));
    expect(connection.sent.length, 2);
    expect((model.sentMessages, model.sentBytes), (2, 7 + 3));
    expect((model.receivedMessages, model.receivedBytes), (2, 6 + 5));
    expect(model.log.length, 4);
    expect(model.lastBinary?.length, 5);
    model.clearLog();
    expect((model.log.length, model.lastBinary), (0, null));
  });

  test('nothing is sent while there is no connection', () {
    model.send('early');
    model.sendBurst(5);
    expect(model.sentMessages, 0);
    final connection = open();
    model.close();
    model.send('late');
    expect(connection.sent, isEmpty);
  });

  test('a thousand messages a second cause sixty changes', () {
    final connection = open();
    runFrame();
    changes = 0;
    var shown = 0;
    for (var message = 0; message < 1000; message++) {
      now = message * 1000;
      connection.receive('message $message');
      if (now ~/ 16667 > shown) {
        shown = now ~/ 16667;
        runFrame();
      }
    }
    expect(changes, inInclusiveRange(55, 60));
    expect(model.receivedMessages, 1000);
  });

  test('the rate is that of the last second', () {
    final connection = open();
    for (var i = 1; i <= 250; i++) {
      now = i * 4000;
      connection.receive('x');
    }
    expect(model.messagesPerSecond, closeTo(250, 1));
  });

  test('the round trip is that of an echoed message', () {
    final connection = open();
    expect(model.roundTrip, isNull);
    now = 1000;
    model.send('one');
    now = 1500;
    model.send('three');
    now = 4000;
    connection.receive('one');
    expect(model.roundTrip, const Duration(microseconds: 3000));
    now = 4100;
    connection.receive('three');
    expect(model.roundTrip, const Duration(microseconds: 2600));
  });

  test('a server that does not echo has no round trip', () {
    final connection = open();
    model.send('question');
    connection.receive('answer, which is longer');
    expect(model.roundTrip, isNull);
  });

  test("the connection's own statistics take precedence", () {
    final connection = open();
    connection.statistics = const DemoStatistics(
      roundTrip: Duration(milliseconds: 7),
      compressionRatio: 3.5,
    );
    expect(model.roundTrip, const Duration(milliseconds: 7));
    expect(model.compressionRatio, 3.5);
  });

  test('the compression is that of both directions', () {
    final statistics = DemoStatistics.of(
      const WebSocketStats(
        sent: WebSocketTraffic(payload: 1000, payloadOnWire: 100),
        received: WebSocketTraffic(payload: 1000, payloadOnWire: 400),
        lastRoundTrip: Duration(milliseconds: 3),
      ),
    );
    expect(statistics.compressionRatio, 4);
    expect(statistics.roundTrip, const Duration(milliseconds: 3));
    final none = DemoStatistics.of(const WebSocketStats());
    expect(none.compressionRatio, isNull);
    expect(DemoStatistics.of(null).compressionRatio, isNull);
  });

  test('pausing reaches the connection', () {
    final connection = open();
    model.pause();
    expect((model.isPaused, connection.isPaused), (true, true));
    model.resume();
    expect(connection.isPaused, isFalse);
  });

  test('the options are those of the next connect', () {
    model.options = model.options.copyWith(pings: false, compression: false);
    open();
    expect(connector.options?.pings, isFalse);
    expect(connector.options?.compression, isFalse);
  });

  test('a wait before the next attempt can be cut short', () {
    final connection = open();
    final failure = Failure.of(const UnreachableException('no network'));
    connection.report(DemoWaiting(const Duration(seconds: 8), failure));
    expect(model.failure, same(failure));
    expect((model.canConnect, model.canTryAgain), (false, true));
    model.tryAgain();
    expect(connection.connectsNow, 1);
    connection.report(const DemoOpen());
    expect(model.failure, isNull);
  });

  test('dispose closes the connection and ends the calls', () {
    final connection = open();
    runFrame();
    changes = 0;
    model.dispose();
    expect(connection.closedWith, (null, null));
    connection
      ..receive('late')
      ..report(const DemoClosed(null));
    runFrame();
    expect(changes, 0);
  });

  group('over a channel', () {
    late FakeServer server;
    setUp(() {
      server = FakeServer(
        onConnect: (peer) => peer.stream.listen(peer.sink.add),
      );
      model = modelOf(_FakeServerConnector(server));
    });

    Future<void> until(bool Function() condition) async {
      while (!condition()) {
        await Future<void>.delayed(Duration.zero);
      }
    }

    test('messages come back, and wait while it is paused', () async {
      model.connect('ws://test');
      await until(() => model.isOpen);
      model.send('Hello');
      await until(() => model.receivedMessages == 1);
      model
        ..pause()
        ..send('waits');
      await pumpEventQueue();
      expect(model.receivedMessages, 1);
      model.resume();
      await until(() => model.receivedMessages == 2);
      model
        ..pause()
        ..close(1000, 'bye');
      await until(() => model.canConnect);
      expect((model.state as DemoClosed).info?.code, 1000);
    });

    test('a refused connect can be tried again', () async {
      server.refusal = const ConnectionRefusedException('nobody there');
      model.connect('ws://test');
      await until(() => model.canConnect);
      expect(model.failure?.kind, FailureKind.connectionRefused);
      server.refusal = null;
      model.tryAgain();
      await until(() => model.isOpen);
      expect(model.failure, isNull);
    });

    test('a lost connection is replaced', () async {
      model
        ..options = const DemoOptions(reconnect: true)
        ..connect('ws://test');
      await until(() => model.isOpen);
      server.dropConnections();
      await until(() => !model.isOpen);
      await until(() => model.isOpen);
      model.send('again');
      await until(() => model.receivedMessages == 1);
      model.close(1000, 'bye');
      await until(() => model.canConnect);
      expect(model.state, isA<DemoClosed>());
      expect(model.failure, isNull);
    });

    test('a reconnecting channel can be suspended and replaced', () async {
      server.controls.stats = const WebSocketStats(
        sent: WebSocketTraffic(payload: 300, payloadOnWire: 100),
      );
      model
        ..options = const DemoOptions(reconnect: true)
        ..connect('ws://test');
      await until(() => model.isOpen);
      expect(model.reconnects, isTrue);
      expect(model.compressionRatio, 3);
      model.isSuspended = true;
      await until(() => model.state is DemoSuspended);
      server.dropConnections();
      await pumpEventQueue();
      expect(model.state, isA<DemoSuspended>());
      expect(model.compressionRatio, isNull);
      model.isSuspended = false;
      await until(() => model.isOpen);
      model.isSuspended = true;
      await until(() => model.state is DemoSuspended);
      model.reconnectNow();
      expect(model.isSuspended, isFalse);
      await until(() => model.isOpen);
      model.close();
      await until(() => model.canConnect);
      expect(model.reconnects, isFalse);
    });

    test("a single connection can't be suspended or replaced", () async {
      model.connect('ws://test');
      await until(() => model.isOpen);
      model
        ..isSuspended = true
        ..reconnectNow();
      expect((model.reconnects, model.isSuspended), (false, false));
      expect(model.isOpen, isTrue);
    });

    test("an error that can't be retried is shown at once", () async {
      server.refusal = const InvalidRequestException('no such thing');
      model
        ..options = const DemoOptions(reconnect: true)
        ..connect('ws://test');
      await until(() => model.canConnect);
      expect(model.failure?.kind, FailureKind.badAddress);
    });

    test('a lost connection is a failure', () async {
      model.connect('ws://test');
      await until(() => model.isOpen);
      server.dropConnections();
      await until(() => model.canConnect);
      expect(model.failure?.kind, FailureKind.connectionLost);
    });
  });
}
