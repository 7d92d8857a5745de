import 'dart:async';
import 'dart:math';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/reconnect/setup.dart';
import 'package:rust_web_socket/src/testing/memory_connection.dart';

import 'fake_time.dart';

/// The waits of these tests are the longest that the back-off allows.
final class LongestWaits implements Random {
  @override
  double nextDouble() => 1;

  @override
  bool nextBool() => throw UnsupportedError('not asked for');

  @override
  int nextInt(int max) => throw UnsupportedError('not asked for');
}

/// Connections whose fate a test decides, in a time of its own.
final class FakeLines {
  /// With [areDelayed], they wait by themselves, as the native ones do.
  FakeLines(this.time, {this.areDelayed = true});

  final FakeTime time;
  final bool areDelayed;

  /// All that were asked for.
  final List<FakeLine> all = [];

  FakeLine get last => all.last;

  /// What the channel under test has delivered.
  final List<Object?> received = [];
  final List<ChannelState> states = [];
  final List<UnsentMessage> unsent = [];
  bool isDone = false;

  /// A setup for these lines.
  ReconnectSetup setup({
    FutureOr<ConnectTarget> Function(int attempt)? findTarget,
    Duration? connectTimeout,
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
    bool refusesOtherProtocols = false,
  }) => ReconnectSetup(
    ConnectionRequest(
      'ws://fake.test',
      connectTimeout: connectTimeout,
      options: options,
    ),
    findTarget: findTarget,
    reconnect: reconnect,
    refusesOtherProtocols: refusesOtherProtocols,
    connectorFor: (request) => (listener) {
      final line = FakeLine(time, request, listener);
      all.add(line);
      return line;
    },
    connectorDelays: areDelayed,
    random: LongestWaits(),
  );

  /// A channel over these lines that is listened to.
  ReconnectingWebSocketChannel connect({
    FutureOr<ConnectTarget> Function(int attempt)? findTarget,
    Duration? connectTimeout,
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
    bool listens = true,
  }) => time.run(() {
    final channel = ReconnectingWebSocketChannel.over(
      setup(
        findTarget: findTarget,
        connectTimeout: connectTimeout,
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

  /// What the waits between the attempts were, in milliseconds.
  List<int> get waits => [
    for (final state in states)
      if (state is ChannelWaiting) state.delay.inMilliseconds,
  ];
}

/// A connection whose fate a test decides.
final class FakeLine extends MemoryConnection {
  FakeLine(this._time, this.request, super.listener) : askedAt = _time.now;

  final FakeTime _time;
  final ConnectionRequest request;

  /// When it was asked for.
  final Duration askedAt;

  /// When it dials.
  Duration get dialsAt => askedAt + request.delay;

  /// What was sent, in order.
  final List<Object> sent = [];

  /// The code that it was closed with, -1 for none; null if it was not closed.
  int? closedWith;

  /// The answer to each ping, which comes when the test says so.
  Completer<Duration> pong = Completer();

  @override
  Future<Duration> ping() => pong.future;

  @override
  Stream<ReceiveProgress> get receiveProgress =>
      throw UnsupportedError('as in a browser');

  @override
  WebSocketStats? stats;

  void open({String? protocol}) => _event(() => listener.onOpen(protocol));

  void fail(ConnectException error) => _event(() => listener.onFailed(error));

  void refuse(int status, {Map<String, List<String>> headers = const {}}) =>
      fail(refusal(status, headers: headers));

  void receive(Object message) => _event(() => inbox.add(message));

  /// The line is lost.
  void drop() => end(1006, CloseInitiator.none);

  /// It ends with this code.
  void end(int code, [CloseInitiator initiator = CloseInitiator.remote]) =>
      _event(() {
        // The bytes that wait are gone.
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

  /// With a limit what is sent waits until the test drains it.
  void _send(Object message, int size) {
    if (request.options.maxBufferedAmount case final limit?) {
      if (bufferedAmount + size > limit) throw const SendBufferFullException();
      bufferedAmount += size;
    }
    sent.add(message);
  }

  @override
  void close(int? code, String reason) => closedWith ??= code ?? -1;
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
