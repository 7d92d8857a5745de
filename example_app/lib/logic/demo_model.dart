import 'dart:collection';
import 'dart:convert';
import 'dart:typed_data';

import 'demo_line.dart';
import 'failure.dart';
import 'frame_throttle.dart';
import 'message_log.dart';

/// The demo's one connection, and all that its page shows.
final class DemoModel {
  /// A model that connects by means of [connector], and calls [onChanged] at
  /// most once for each call of [schedule]'s callback.
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
  DemoLine? _line;
  String _address = '';

  /// The messages to show.
  final log = MessageLog();

  DemoState get state => _state;
  DemoState _state = const DemoIdle();

  /// What the next connect asks for.
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

  /// Messages received in the last full second, scaled to a second.
  double get messagesPerSecond => _rate;
  double _rate = 0;
  int _rateSince = 0;
  int _rateCount = 0;

  int get bufferedAmount => _line?.bufferedAmount ?? 0;

  /// Of the last ping, or of the last message that came back; null before.
  Duration? get roundTrip => statistics.roundTrip ?? _echoTime;
  Duration? _echoTime;

  /// What the connection that is open counts.
  DemoStatistics get statistics =>
      (isOpen ? _line?.statistics : null) ?? const DemoStatistics();

  /// Bytes of payload for each on the wire; null while it is not known.
  double? get compressionRatio => statistics.compressionRatio;

  /// The last binary message that was received: perhaps a picture.
  Uint8List? get lastBinary => _lastBinary;
  Uint8List? _lastBinary;

  bool get isOpen => _state is DemoOpen;

  bool get isPaused => _line?.isPaused ?? false;

  /// Whether there is a connection that comes back by itself, or will be.
  bool get reconnects =>
      !canConnect && _state is! DemoClosing && (_line?.reconnects ?? false);

  bool get isSuspended => _line?.isSuspended ?? false;

  /// Whether [connect] makes sense: there is no connection, and none is made.
  bool get canConnect => _state is DemoIdle || _isEnd(_state);

  static bool _isEnd(DemoState state) =>
      state is DemoClosed || state is DemoFailed;

  /// Whether [tryAgain] does anything.
  bool get canTryAgain => canConnect || _state is DemoWaiting;

  /// What to tell the user; null if all is well.
  Failure? get failure => switch (_state) {
    DemoFailed(:final failure) || DemoWaiting(:final failure) => failure,
    DemoClosed(:final info) => Failure.ofEnd(info),
    _ => null,
  };

  set options(DemoOptions options) {
    _options = options;
    _throttle.mark();
  }

  /// Connects to [address]. Whatever fails is told by [state].
  void connect(String address) {
    if (!canConnect) return;
    _address = address.trim();
    _awaited.clear();
    _echoTime = null;
    try {
      final line = _line = _connector.connect(_address, _options);
      _enter(const DemoConnecting());
      // What an earlier line says no longer counts.
      line.start(
        onState: (state) => identical(line, _line) ? _enter(state) : null,
        onMessage: (message) =>
            identical(line, _line) ? _receive(message) : null,
      );
    } catch (error) {
      _line = null;
      _enter(DemoFailed(Failure.of(error)));
    }
  }

  /// Connects to the same address again, now.
  void tryAgain() =>
      _state is DemoWaiting ? _line!.connectNow() : connect(_address);

  /// Sends [message], a [String] or bytes, if the connection is open.
  void send(Object message) {
    if (!isOpen) return;
    _line!.send(message);
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
    _line?.isPaused = isPaused;
    _throttle.mark();
  }

  /// Makes no attempts, as an app in the background does, or goes on.
  set isSuspended(bool isSuspended) {
    if (!reconnects) return;
    _line!.isSuspended = isSuspended;
    _throttle.mark();
  }

  /// Replaces the connection, as for another network.
  void reconnectNow() {
    if (reconnects) _line!.connectNow();
  }

  /// Closes the connection, if there is one or one is being made.
  void close([int? code, String? reason]) {
    if (canConnect) return;
    _enter(const DemoClosing());
    _line!.close(code, reason);
  }

  void clearLog() {
    log.clear();
    _lastBinary = null;
    _throttle.mark();
  }

  /// Closes what is open, and makes no calls any more.
  void dispose() {
    _throttle.dispose();
    _line?.close(null, null);
    _line = null;
  }

  void _enter(DemoState state) {
    // After a close by this side only its end is of interest.
    if (_state is DemoClosing && !_isEnd(state)) return;
    _state = state;
    // What was sent on a connection that is gone does not come back.
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

  /// What was sent and has not come back, by its shape and the time.
  final Queue<((bool, int), int)> _awaited = Queue();
  static const _maxAwaited = 10000;

  void _measureEcho(Object message, int now) {
    if (_awaited.isEmpty) return;
    final (shape, sent) = _awaited.removeFirst();
    if (shape == _shapeOf(message)) {
      _echoTime = Duration(microseconds: now - sent);
    } else {
      // It is no echo server.
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
