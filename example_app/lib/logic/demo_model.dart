import 'dart:collection';
import 'dart:convert';
import 'dart:typed_data';

import 'demo_connection.dart';
import 'failure.dart';
import 'frame_throttle.dart';
import 'message_log.dart';

/// The model of the demo page: one connection, and everything that the page
/// shows.
final class DemoModel {
  /// Creates a model that connects with [connector]. It calls [onChanged] at
  /// most once for each callback of [schedule].
  DemoModel({
    required DemoConnector connector,
    required void Function(void Function() callback) schedule,
    required void Function() onChanged,
    int Function()? microseconds,
  }) : _connector = connector,
       _microseconds = microseconds ?? _clock(),
       _throttle = FrameThrottle(schedule, onChanged);

  static int Function() _clock() {
    final stopwatch = Stopwatch()..start();
    return () => stopwatch.elapsedMicroseconds;
  }

  final DemoConnector _connector;
  final int Function() _microseconds;
  final FrameThrottle _throttle;
  DemoConnection? _connection;
  String _address = '';

  /// The messages that the page lists.
  final log = MessageLog();

  DemoState get state => _state;
  DemoState _state = const DemoIdle();

  /// The options of the next connect.
  DemoOptions get options => _options;
  DemoOptions _options = const DemoOptions();

  int get sentMessages => _sentMessages;
  int _sentMessages = 0;

  int get sentBytes => _sentBytes;
  int _sentBytes = 0;

  int get receivedMessages => _receivedMessages;
  int _receivedMessages = 0;

  int get receivedBytes => _receivedBytes;
  int _receivedBytes = 0;

  /// The rate of received messages, over the last full second.
  double get messagesPerSecond => _rate;
  double _rate = 0;
  int _rateSince = 0;
  int _rateCount = 0;

  int get bufferedAmount => _connection?.bufferedAmount ?? 0;

  /// The round-trip time of the last ping, otherwise of the last echoed
  /// message; null before.
  Duration? get roundTrip => statistics.roundTrip ?? _echoTime;
  Duration? _echoTime;

  /// The statistics of the open connection.
  DemoStatistics get statistics =>
      (isOpen ? _connection?.statistics : null) ?? const DemoStatistics();

  /// Bytes of payload per byte on the wire; null if unknown.
  double? get compressionRatio => statistics.compressionRatio;

  /// The last binary message that was received.
  Uint8List? get lastBinary => _lastBinary;
  Uint8List? _lastBinary;

  bool get isOpen => _state is DemoOpen;

  bool get isPaused => _connection?.isPaused ?? false;

  /// Whether there is a connection that reconnects.
  bool get reconnects =>
      !canConnect &&
      _state is! DemoClosing &&
      (_connection?.reconnects ?? false);

  bool get isSuspended => _connection?.isSuspended ?? false;

  /// Whether [connect] is possible: no connection is open or being opened.
  bool get canConnect => _state is DemoIdle || _isEnd(_state);

  static bool _isEnd(DemoState state) =>
      state is DemoClosed || state is DemoFailed;

  /// Whether [tryAgain] does anything.
  bool get canTryAgain => canConnect || _state is DemoWaiting;

  /// The failure to show; null if there is none.
  Failure? get failure => switch (_state) {
    DemoFailed(:final failure) || DemoWaiting(:final failure) => failure,
    DemoClosed(:final info) => Failure.ofEnd(info),
    _ => null,
  };

  set options(DemoOptions options) {
    _options = options;
    _throttle.mark();
  }

  /// Connects to [address]. [state] has any failure.
  void connect(String address) {
    if (!canConnect) return;
    _address = address.trim();
    _awaited.clear();
    _echoTime = null;
    try {
      final connection = _connection = _connector.connect(_address, _options);
      _enter(const DemoConnecting());
      // Events of an earlier connection are ignored.
      connection.start(
        onState: (state) =>
            identical(connection, _connection) ? _enter(state) : null,
        onMessage: (message) =>
            identical(connection, _connection) ? _receive(message) : null,
      );
    } catch (error) {
      _connection = null;
      _enter(DemoFailed(Failure.of(error)));
    }
  }

  /// Connects to the same address again, now.
  void tryAgain() =>
      _state is DemoWaiting ? _connection!.connectNow() : connect(_address);

  /// Sends [message], a [String] or bytes, if the connection is open.
  void send(Object message) {
    if (!isOpen) return;
    _connection!.send(message);
    log.add(message, isSent: true);
    _sentMessages++;
    _sentBytes += _sizeOf(message);
    if (_awaited.length < _maxAwaited) {
      _awaited.add((_shapeOf(message), _microseconds()));
    }
    _throttle.mark();
  }

  /// Sends [count] short messages.
  void sendBurst(int count) {
    for (var i = 0; i < count && isOpen; i++) {
      send('message ${_sentMessages + 1}');
    }
  }

  void pause() => _setPaused(true);

  void resume() => _setPaused(false);

  void _setPaused(bool isPaused) {
    _connection?.isPaused = isPaused;
    _throttle.mark();
  }

  /// Suspends or resumes attempts, as an app in the background does.
  set isSuspended(bool isSuspended) {
    if (!reconnects) return;
    _connection!.isSuspended = isSuspended;
    _throttle.mark();
  }

  /// Replaces the connection, as after a change of network.
  void reconnectNow() {
    if (reconnects) _connection!.connectNow();
  }

  /// Closes the connection, if one is open or being opened.
  void close([int? code, String? reason]) {
    if (canConnect) return;
    _enter(const DemoClosing());
    _connection!.close(code, reason);
  }

  void clearLog() {
    log.clear();
    _lastBinary = null;
    _throttle.mark();
  }

  /// Closes the connection, and makes no more calls.
  void dispose() {
    _throttle.dispose();
    _connection?.close(null, null);
    _connection = null;
  }

  void _enter(DemoState state) {
    // After a close by this side only its end matters.
    if (_state is DemoClosing && !_isEnd(state)) return;
    _state = state;
    // Messages of an ended connection are not echoed any more.
    if (!isOpen) _awaited.clear();
    _throttle.mark();
  }

  void _receive(Object message) {
    log.add(message, isSent: false);
    _receivedMessages++;
    _receivedBytes += _sizeOf(message);
    if (message is Uint8List) _lastBinary = message;
    final now = _microseconds();
    _measureRate(now);
    _measureEcho(message, now);
    _throttle.mark();
  }

  void _measureRate(int now) {
    _rateCount++;
    final elapsed = now - _rateSince;
    if (elapsed < Duration.microsecondsPerSecond) return;
    _rate = _rateCount * Duration.microsecondsPerSecond / elapsed;
    _rateSince = now;
    _rateCount = 0;
  }

  /// Messages without an echo: kind, size and time.
  final Queue<((bool, int), int)> _awaited = Queue();
  static const _maxAwaited = 10000;

  void _measureEcho(Object message, int now) {
    if (_awaited.isEmpty) return;
    final (shape, sent) = _awaited.removeFirst();
    if (shape == _shapeOf(message)) {
      _echoTime = Duration(microseconds: now - sent);
    } else {
      // It is not an echo server.
      _awaited.clear();
    }
  }

  static (bool, int) _shapeOf(Object message) => switch (message) {
    final String text => (true, text.length),
    _ => (false, (message as Uint8List).length),
  };

  static int _sizeOf(Object message) => switch (message) {
    final String text => utf8.encode(text).length,
    _ => (message as Uint8List).length,
  };
}
