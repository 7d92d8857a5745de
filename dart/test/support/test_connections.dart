import 'dart:async';
import 'dart:math';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/reconnect/setup.dart';
import 'package:rust_web_socket/src/testing/memory_connection.dart';

import 'fake_time.dart';

/// Makes every wait the longest that the back-off allows.
final class LongestWaits implements Random {
  @override
  double nextDouble() => 1;

  @override
  bool nextBool() => throw UnsupportedError('not asked for');

  @override
  int nextInt(int max) => throw UnsupportedError('not asked for');
}

/// Connections that a test controls, in fake time.
final class TestConnections {
  /// With [areDelayed], they apply the delay themselves, as native ones do.
  TestConnections(this.time, {this.areDelayed = true});

  final FakeTime time;
  final bool areDelayed;

  /// All connections, in order.
  final List<TestConnection> all = [];

  TestConnection get last => all.last;

  /// The messages that the channel under test has delivered.
  final List<Object?> received = [];
  final List<ChannelState> states = [];
  final List<UnsentMessage> unsent = [];
  bool isDone = false;

  /// A setup for these connections.
  ReconnectSetup setup({
    FutureOr<ConnectTarget> Function(int attempt)? findTarget,
    Duration? connectTimeout,
    Duration? pingInterval,
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
    bool refusesOtherProtocols = false,
  }) => ReconnectSetup(
    ConnectionRequest(
      'ws://fake.test',
      connectTimeout: connectTimeout,
      pingInterval: pingInterval,
      options: options,
    ),
    findTarget: findTarget,
    reconnect: reconnect,
    refusesOtherProtocols: refusesOtherProtocols,
    connectorFor: (request) => (listener) {
      final connection = TestConnection(time, request, listener);
      all.add(connection);
      return connection;
    },
    connectorDelays: areDelayed,
    random: LongestWaits(),
  );

  /// A channel over these connections, with listeners.
  ReconnectingWebSocketChannel connect({
    FutureOr<ConnectTarget> Function(int attempt)? findTarget,
    Duration? connectTimeout,
    Duration? pingInterval,
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
    bool listens = true,
  }) => time.run(() {
    final channel = ReconnectingWebSocketChannel.over(
      setup(
        findTarget: findTarget,
        connectTimeout: connectTimeout,
        pingInterval: pingInterval,
        options: options,
        reconnect: reconnect,
      ),
    );
    channel.states.listen(states.add);
    channel.unsent.listen(unsent.add);
    if (listens) {
      channel.stream.listen(
        received.add,
        onError: received.add,
        onDone: () => isDone = true,
      );
    }
    return channel;
  });

  /// The waits between the attempts, in milliseconds.
  List<int> get waits => [
    for (final state in states)
      if (state is ChannelWaiting) state.delay.inMilliseconds,
  ];
}

/// A connection that a test controls.
final class TestConnection extends MemoryConnection {
  TestConnection(this._time, this.request, super.listener)
    : askedAt = _time.now;

  final FakeTime _time;
  final ConnectionRequest request;

  /// When it was requested.
  final Duration askedAt;

  /// When it dials.
  Duration get dialsAt => askedAt + request.delay;

  /// The sent messages, in order.
  final List<Object> sent = [];

  /// The code that it was closed with, -1 for none; null if it was not closed.
  int? closedWith;

  /// The answer to each ping, which the test completes.
  Completer<Duration> pong = Completer();

  /// The last ping interval that was set; by default that of the request.
  late Duration? pingInterval = request.pingInterval;

  @override
  void setPingInterval(Duration? interval) => pingInterval = interval;

  /// Whether it has pings, which a browser has not.
  bool hasPings = true;

  @override
  Future<Duration> ping() =>
      hasPings ? pong.future : throw UnsupportedError('as in a browser');

  @override
  Stream<ReceiveProgress> get receiveProgress =>
      throw UnsupportedError('as in a browser');

  @override
  WebSocketStats? stats;

  void open({String? protocol}) => _event(() => listener.onOpen(protocol));

  void fail(ConnectException error) => _event(() {
    completeClose();
    listener.onFailed(error);
  });

  /// The Close frame is written.
  void writeClose() => _event(completeClose);

  void refuse(int status, {Map<String, List<String>> headers = const {}}) =>
      fail(refusal(status, headers: headers));

  void receive(Object message) => _event(() => inbox.add(message));

  /// Loses the connection.
  void drop() => end(1006, CloseInitiator.none);

  /// Ends the connection with this code.
  void end(int code, [CloseInitiator initiator = CloseInitiator.remote]) =>
      _event(() {
        // Buffered bytes are lost.
        _drainTo(0);
        tellClosed(
          CloseInfo(
            code: code,
            reason: '',
            initiator: initiator,
            isClean: initiator != CloseInitiator.none,
          ),
        );
      });

  /// Writes until [left] bytes wait.
  void drain(int left) => _event(() => _drainTo(left));

  void _drainTo(int left) {
    bufferedAmount = left;
    completeDrains();
  }

  void _event(void Function() event) {
    _time
      ..run(event)
      ..settle();
  }

  @override
  void sendText(String text, {bool? compress}) => _send(text, text.length);

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      _send(bytes, bytes.length);

  /// With a limit, messages stay buffered until the test drains them.
  void _send(Object message, int size) {
    if (request.options.maxBufferedAmount case final limit?) {
      if (bufferedAmount + size > limit) throw const SendBufferFullException();
      bufferedAmount += size;
    }
    sent.add(message);
  }

  @override
  Future<void> close(int? code, String reason) {
    closedWith ??= code ?? -1;
    return closeWritten;
  }
}

/// A refused upgrade.
UpgradeRefusedException refusal(
  int status, {
  Map<String, List<String>> headers = const {},
}) => UpgradeRefusedException(
  'refused',
  statusCode: status,
  headers: headers,
  body: Uint8List(0),
);
