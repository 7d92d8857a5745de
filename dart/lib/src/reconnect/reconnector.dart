import 'dart:async';
import 'dart:collection';
import 'dart:math';

import 'package:clock/clock.dart';
import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import '../close_info.dart';
import '../connection.dart';
import '../exceptions.dart';
import '../options.dart';
import '../receive_progress.dart';
import '../request.dart';
import '../stats.dart';
import '../trace.dart';
import 'decision.dart';
import 'line.dart';
import 'line_stream.dart';
import 'offline_queue.dart';
import 'options.dart';
import 'outgoing_message.dart';
import 'queue_options.dart';
import 'send_result.dart';
import 'channel_state.dart';

/// What a [Reconnector] is made with.
final class ReconnectSetup {
  /// Throws an [ArgumentError] for an option that can't be used, and what
  /// `connect` throws for a [target] that can't be.
  ReconnectSetup({
    this.target,
    this.findTarget,
    this.pingInterval,
    this.connectTimeout,
    this.options = const WebSocketOptions(),
    this.reconnect = const ReconnectOptions(),
    this.refusesOtherProtocols = false,
    required this.connectorFor,
    required this.connectorDelays,
    Random? random,
  }) : random = random ?? Random() {
    reconnect.check();
    requestFor(target ?? const ConnectTarget('ws://localhost'), connectTimeout);
  }

  /// What to connect to, unless [findTarget] tells.
  final ConnectTarget? target;

  /// What to connect to with the attempt of that number.
  final FutureOr<ConnectTarget> Function(int attempt)? findTarget;

  /// Time from the opening or the last pong to the next ping.
  final Duration? pingInterval;

  /// Limit for each attempt, and for each callback.
  final Duration? connectTimeout;

  /// How to keep a connection.
  final WebSocketOptions options;

  /// How to reconnect.
  final ReconnectOptions reconnect;

  /// Whether a subprotocol that was not offered fails the attempt.
  final bool refusesOtherProtocols;

  /// Makes connections.
  final Connector Function(ConnectionRequest request) connectorFor;

  /// Whether they wait by themselves for the request's delay.
  final bool connectorDelays;

  /// Spreads the waits.
  final Random random;

  /// Time that has passed. A test's zone may have a clock of its own; the
  /// system's may be set, so a stopwatch that only runs forward replaces it.
  Duration now() => _stopwatch.elapsed;

  final Stopwatch _stopwatch =
      (identical(clock, const Clock()) ? Stopwatch() : clock.stopwatch())
        ..start();

  /// The request for one attempt.
  ConnectionRequest requestFor(
    ConnectTarget target,
    Duration? connectTimeout, {
    Duration delay = Duration.zero,
  }) => ConnectionRequest(
    ConnectionRequest.parseUrl(target.url),
    protocols: target.protocols,
    headers: target.headers,
    pingInterval: pingInterval,
    connectTimeout: connectTimeout,
    delay: delay,
    options: options,
  );
}

/// A connection that is made anew when it is lost: one after another, of which
/// whoever has it sees a single one.
///
/// The next attempt is handed to the connector as soon as the last has failed,
/// with the wait before it, so that the native library dials in time though the
/// isolate may be busy.
final class Reconnector implements Connection, LineOwner {
  /// Starts to connect.
  Reconnector(this._setup, this._listener) {
    _beginAnew();
  }

  final ReconnectSetup _setup;
  final ConnectionListener _listener;

  ReconnectOptions get _options => _setup.reconnect;

  /// Those whose messages may not all have been delivered, oldest first, and
  /// [_line].
  final Queue<Line> _lines = Queue();

  /// The connection that is there, or is being made.
  Line? _line;

  /// What is before there is a line: the wait, the search for a target.
  Timer? _timer;
  Object? _search;

  /// Since the last connection that was good.
  int _attempts = 0;
  int _waits = 0;
  late Duration _outageStart;

  bool _hasOpened = false;

  /// The probe of [_line] that [resume] waits for.
  Object? _probe;

  /// An attempt that begins when the listener has taken what waits.
  ({Duration since, Duration delay, ConnectionFailure cause})? _heldUp;

  late final OfflineQueue _queue = OfflineQueue(_options.queue);

  bool _mayFlow = false;
  bool _hasFlowed = false;
  bool _discards = false;

  /// Whether a connection is open, perhaps not yet for messages that wait.
  bool get isOpen => _line?.openedAt != null;

  /// Whether this side has closed.
  bool get isClosing => _isClosing;
  bool _isClosing = false;
  bool _hasEnded = false;

  /// The server's choice on the last connection that was open; null before.
  String? get protocol => _protocol;
  String? _protocol;

  /// What the server accepted on that connection.
  String get extensions => _extensions;
  String _extensions = '';

  /// How many connections there were after the first.
  int get reconnects => _reconnects;
  int _reconnects = 0;

  /// How the last connection that has ended did so.
  CloseInfo? get closeInfo => _closeInfo;
  CloseInfo? _closeInfo;

  /// What is going on.
  ChannelState get state => _state;
  ChannelState _state = const ChannelConnecting(1);

  final Set<MultiStreamController<ChannelState>> _watchers = {};
  Completer<void> _stateChange = Completer();

  /// [state], and what follows.
  Stream<ChannelState> get states => Stream.multi((watcher) {
    watcher.add(_state);
    if (_state is ChannelClosed) {
      watcher.close();
      return;
    }
    _watchers.add(watcher);
    watcher.onCancel = () => _watchers.remove(watcher);
  });

  void _enter(ChannelState state) {
    _state = state;
    for (final watcher in [..._watchers]) {
      watcher.add(state);
      if (state is ChannelClosed) watcher.close();
    }
    _letWaitersLook();
  }

  /// For those that wait for another state, or for an empty queue.
  void _letWaitersLook() {
    _stateChange.complete();
    _stateChange = Completer();
  }

  /// Messages that nobody gets a result for and that were not sent.
  Stream<UnsentMessage> get unsent => _unsent.stream;
  final StreamController<UnsentMessage> _unsent = StreamController.broadcast();

  // Attempts.

  /// Starts the first of a series of attempts.
  void _beginAnew() {
    _attempts = 0;
    _waits = 0;
    _outageStart = _setup.now();
    _begin(Duration.zero, null);
  }

  void _begin(Duration delay, ConnectionFailure? cause) {
    final now = _setup.now();
    if (_lines.length >= _maxLines && !_makeRoom()) {
      // There was a connection, or nothing could wait.
      final why = cause ?? ConnectionEnded(_closeInfo!);
      _heldUp = (since: now, delay: delay, cause: why);
      return _enter(ChannelWaiting(delay, why));
    }
    final due = now + delay;
    _attempts++;
    _enter(
      cause == null || delay <= Duration.zero
          ? ChannelConnecting(_attempts)
          : ChannelWaiting(delay, cause),
    );
    if (_setup.findTarget == null || delay <= _searchLead) {
      _findTarget(due);
    } else {
      _timer = Timer(delay - _searchLead, () => _findTarget(due));
    }
  }

  /// How long before the dial its target may be computed: what it has in it,
  /// such as a token, may not last for a long wait.
  static const _searchLead = Duration(seconds: 10);

  /// How long an attempt that begins at [due] may take.
  Duration? _limitAt(Duration due) {
    final limit = _setup.connectTimeout;
    final total = _options.maxDuration;
    if (total == null) return limit;
    final left = _outageStart + total - due;
    final shortest = limit == null || left < limit ? left : limit;
    return shortest > Duration.zero
        ? shortest
        : const Duration(milliseconds: 1);
  }

  void _findTarget(Duration due) {
    if (_setup.target case final target?) return _connect(target, due);
    final search = _search = Object();
    _limited(() => _setup.findTarget!(_attempts), _limitAt(_setup.now())).then(
      (target) {
        if (identical(search, _search)) _connect(target, due);
      },
      onError: (Object error, StackTrace stackTrace) {
        if (!identical(search, _search)) return;
        _failAt(
          due,
          CallbackException(
            'What to connect to could not be found ($error)',
            error,
            stackTrace,
          ),
        );
      },
    );
  }

  static Future<T> _limited<T>(FutureOr<T> Function() work, Duration? limit) {
    // Not within the call: it may be that of the constructor.
    final result = Future.microtask(work);
    return limit == null ? result : result.timeout(limit);
  }

  void _connect(ConnectTarget target, Duration due) {
    _search = null;
    final left = due - _setup.now();
    final mustWait = left > Duration.zero;
    final ConnectionRequest request;
    try {
      request = _setup.requestFor(
        target,
        _limitAt(mustWait ? due : _setup.now()),
        delay: mustWait && _setup.connectorDelays ? left : Duration.zero,
      );
    } on ConnectException catch (error) {
      return _failAt(due, error);
    } on FormatException catch (error) {
      // Without its source, which may have credentials.
      return _failAt(due, InvalidRequestException(error.message));
    } on ArgumentError catch (error) {
      return _failAt(due, InvalidRequestException('$error'));
    }
    void dial() => _dial(request);
    void dialled() => _enter(ChannelConnecting(_attempts));
    if (!mustWait) {
      dial();
    } else if (_setup.connectorDelays) {
      dial();
      _timer = Timer(left, dialled);
    } else {
      _timer = Timer(left, () {
        dialled();
        dial();
      });
    }
  }

  void _dial(ConnectionRequest request) {
    final connector = _setup.connectorFor(request);
    final line = _line = Line(this, request, connector);
    _trace.follow(line.connection);
    _receiveProgress.follow(line.connection);
    _lines.add(line);
    if (_discards) line.connection.discardMessages();
    _direct();
  }

  /// An attempt failed before it was due: it is no reason to try more often.
  void _failAt(Duration due, ConnectException error) {
    _search = null;
    final left = due - _setup.now();
    void fail() => _fail(ConnectFailed(error));
    if (left > Duration.zero) {
      _timer = Timer(left, fail);
    } else {
      fail();
    }
  }

  void _fail(ConnectionFailure failure) {
    final before = _state;
    final after = _decide(failure).after;
    // From there the app may have closed, suspended or connected.
    if (!identical(_state, before)) return;
    if (after == null) return _finish(failure);
    if (_options.maxAttempts case final most? when _attempts >= most) {
      return _finish(failure);
    }
    final wait =
        _options.backoff.wait(_waits++, _setup.random) +
        (after < _options.maxRetryAfter ? after : _options.maxRetryAfter);
    if (_options.maxDuration case final most?
        when _setup.now() - _outageStart + wait >= most) {
      return _finish(failure);
    }
    _begin(wait, failure);
  }

  ReconnectDecision _decide(ConnectionFailure failure) {
    try {
      return _options.decide(failure);
    } catch (error, stackTrace) {
      Zone.current.handleUncaughtError(error, stackTrace);
      return const ReconnectDecision.stop();
    }
  }

  /// So many lost connections may have messages that wait for the listener.
  static const _maxLines = 16;

  /// A listener that has paused will take its messages; where there never was
  /// one, the oldest are dropped.
  bool _makeRoom() {
    if (_hasFlowed) return false;
    _lines.removeFirst().connection.discardMessages();
    return true;
  }

  /// Whatever was to come does not.
  void _cancelPlans() {
    _timer?.cancel();
    _search = null;
    _heldUp = null;
    _probe = null;
  }

  /// Forgets the attempt or the connection that is there.
  void _abandon({int code = 1000, CloseInfo info = _replaced}) {
    _cancelPlans();
    final line = _line;
    if (line == null) return;
    _line = null;
    line
      ..isAbandoned = true
      ..giveUpOn(SendResult.lost)
      ..connection.close(code, '');
    if (line.openedAt != null) _closeInfo = info;
    if (line.openedAt == null || _mayFlow || _discards) _drop(line);
  }

  /// Nobody waits for the end of such a connection.
  static const _replaced = CloseInfo(
    code: 1006,
    reason: '',
    initiator: CloseInitiator.local,
    isClean: false,
    error: 'The connection was replaced',
  );

  void _drop(Line line) {
    line.connection.discardMessages();
    _remove(line);
  }

  /// The listener has all that it gets of [line].
  void _remove(Line line) {
    _lines.remove(line);
    _direct();
    final heldUp = _heldUp;
    if (heldUp == null || _lines.length >= _maxLines) return;
    _heldUp = null;
    final held = _setup.now() - heldUp.since;
    // It is not the server that took this time.
    _outageStart += held;
    final left = heldUp.delay - held;
    _begin(left > Duration.zero ? left : Duration.zero, heldUp.cause);
  }

  // What the app asks for.

  /// Connects now, whatever there is.
  void reconnectNow() {
    if (_isClosing || _hasEnded || _isConnecting) return;
    _abandon();
    _beginAnew();
  }

  bool get _isConnecting => _state is ChannelConnecting;

  /// Makes no attempts until [resume].
  void suspend() {
    if (_isClosing || _hasEnded) return;
    _probe = null;
    if (_state is ChannelSuspended) return;
    if (_state is! ChannelOpen) _abandon();
    _enter(const ChannelSuspended());
  }

  /// Ends [suspend].
  void resume() {
    if (_state is! ChannelSuspended || _probe != null || _isClosing) return;
    final line = _line;
    if (line == null) return _beginAnew();
    final probe = _probe = Object();
    line.probe(_options.probeTimeout).then((isAlive) {
      if (!identical(probe, _probe)) return;
      _probe = null;
      if (isAlive) {
        _goOnline(line);
      } else {
        _abandon();
        _beginAnew();
      }
    });
  }

  /// Sends or queues [data], and answers what became of it.
  Future<SendResult> send(Object data, {bool? compress}) {
    if (data is! String && data is! List<int>) {
      throw ArgumentError.value(
        data,
        'message',
        'must be a String or a List<int>',
      );
    }
    final result = Completer<SendResult>();
    _send(OutgoingMessage(data, compress: compress, result: result));
    return result.future;
  }

  @override
  void sendText(String text, {bool? compress}) =>
      _send(OutgoingMessage(text, compress: compress));

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      _send(OutgoingMessage(bytes, compress: compress));

  void _send(OutgoingMessage message) {
    if (_isClosing || _hasEnded) return onResult(message, SendResult.closed);
    // Behind those that still wait for room.
    if (_sendsAtOnce) {
      if (_line case final line?) return _sendOn(line, message);
    }
    final dropped = _queue.add(message);
    for (final message in dropped) {
      onResult(message, SendResult.dropped);
    }
    if (dropped.isNotEmpty &&
        message.result == null &&
        _options.queue.policy == QueuePolicy.fail) {
      throw QueueFullException(_options.queue);
    }
  }

  void _sendOn(Line line, OutgoingMessage message) {
    try {
      line.send(message);
    } on SendBufferFullException {
      if (message.result == null) rethrow;
      onResult(message, SendResult.dropped);
    }
  }

  /// Completes when there is room for [_queue]'s first message on the line, if
  /// it is for that that it waits.
  Future<void>? _room;

  /// Sends what waits, as far as `maxBufferedAmount` leaves room for it; the
  /// rest follows as that drains.
  void _sendQueued(Line line) {
    final limit = _setup.options.maxBufferedAmount;
    while (true) {
      final message = _queue.first;
      if (message == null) return;
      final most = limit == null ? null : limit - message.size;
      if (most != null && most < 0) {
        onResult(_queue.removeFirst(), SendResult.dropped);
      } else if (most != null && line.connection.bufferedAmount > most) {
        _room = line.connection.drained(most).then((_) {
          if (line == _line && _state is ChannelOpen) _sendQueued(line);
        });
        return;
      } else {
        line.send(_queue.removeFirst());
      }
    }
  }

  /// Whether a message need not be queued.
  bool get _sendsAtOnce => _state is ChannelOpen && _queue.first == null;

  Future<void> _untilItSendsAtOnce() async {
    while (!_hasEnded && !_sendsAtOnce) {
      await (_state is ChannelOpen ? _room : _stateChange.future);
    }
  }

  /// [source], which waits while there is no connection, and behind what is
  /// queued.
  Stream<T> whileOpen<T>(Stream<T> source) {
    final controller = StreamController<T>(sync: true);
    controller.onListen = () {
      final subscription = source.listen(null, onError: controller.addError);
      subscription.onData((message) {
        if (_sendsAtOnce) return controller.add(message);
        subscription.pause(
          _untilItSendsAtOnce().then((_) => controller.add(message)),
        );
      });
      var isHeld = false;
      void hold(ChannelState state) {
        final hold = state is! ChannelOpen;
        if (hold == isHeld) return;
        isHeld = hold;
        hold ? subscription.pause() : subscription.resume();
      }

      hold(_state);
      final watch = states.listen(hold);
      subscription.onDone(() {
        watch.cancel();
        controller
          // There is nothing to cancel any more.
          ..onCancel = null
          ..close();
      });
      controller
        ..onPause = subscription.pause
        ..onResume = subscription.resume
        ..onCancel = () {
          watch.cancel();
          return subscription.cancel();
        };
    };
    return controller.stream;
  }

  @override
  void close(int? code, String reason) {
    if (_isClosing || _hasEnded) return;
    _isClosing = true;
    _probe = null;
    final line = _line;
    if (line == null || _state is ChannelWaiting) {
      _abandon();
      return _finish(null);
    }
    // What was added before goes first, as soon as the connection is open; but
    // not before what `onReconnected` would have sent.
    if (!_isConnecting || !_hasOpened || _options.onReconnected == null) {
      _sendQueued(line);
    }
    for (final message in _queue.takeAll()) {
      onResult(message, SendResult.closed);
    }
    line.connection.close(code, reason);
    _letWaitersLook();
  }

  @override
  int get bufferedAmount =>
      _queue.bytes + (_line?.connection.bufferedAmount ?? 0);

  @override
  Future<Duration> ping() =>
      _connection?.ping() ??
      (Future<Duration>.error(WebSocketConnectionClosed())..ignore());

  /// Of the connection at hand, null between two.
  @override
  WebSocketStats? get stats => _connection?.stats;

  /// That of an attempt that is still to begin is none yet.
  Connection? get _connection =>
      _state is ChannelWaiting ? null : _line?.connection;

  final _trace = LineStream((connection) => connection.trace);
  final _receiveProgress = LineStream(
    (connection) => connection.receiveProgress,
  );

  @override
  Stream<TraceEvent> get trace => _trace.stream;

  @override
  Stream<ReceiveProgress> get receiveProgress => _receiveProgress.stream;

  @override
  bool get isWritable => _line?.connection.isWritable ?? false;

  @override
  Future<void> drained(int mark) async {
    while (!_hasEnded && bufferedAmount > mark) {
      // What is queued is not with the connection yet.
      final most = max(0, mark - _queue.bytes);
      final connection = _line?.connection;
      if (connection != null && connection.bufferedAmount > most) {
        // It may be replaced meanwhile.
        await Future.any([connection.drained(most), _stateChange.future]);
      } else {
        await (_state is ChannelOpen ? _room : _stateChange.future);
      }
    }
  }

  @override
  bool get isPaused => !_mayFlow;

  @override
  set isPaused(bool value) {
    _mayFlow = !value;
    _hasFlowed |= _mayFlow;
    _direct();
    scheduleMicrotask(_endWhenDelivered);
  }

  @override
  void discardMessages() {
    _discards = true;
    for (final line in [..._lines]) {
      line.isAbandoned ? _drop(line) : line.connection.discardMessages();
    }
    scheduleMicrotask(_endWhenDelivered);
  }

  /// Lets the messages of the oldest line flow, and of no other.
  void _direct() {
    final line = _lines.firstOrNull;
    if (line == null) return;
    if (line.connection.isPaused == _mayFlow) {
      line.connection.isPaused = !_mayFlow;
    }
    if (_mayFlow && line.isAbandoned) {
      // Its end may take its time; what it has is delivered before this.
      scheduleMicrotask(() {
        if (_mayFlow && line == _lines.firstOrNull) _drop(line);
      });
    }
  }

  // What happens to the lines.

  @override
  void onLineOpen(Line line, String? protocol, String extensions) {
    if (line != _line) return;
    _timer?.cancel();
    if (_state is ChannelWaiting) _enter(ChannelConnecting(_attempts));
    line.openedAt = _setup.now();
    if (_setup.refusesOtherProtocols &&
        protocol != null &&
        protocol.isNotEmpty &&
        !line.request.offers(protocol)) {
      // RFC 6455 section 4.1: the client must fail the connection. Another
      // attempt would have the same answer.
      final error =
          'The server chose the subprotocol $protocol, which was not offered';
      _abandon(
        code: 1002,
        info: CloseInfo(
          code: 1002,
          reason: '',
          initiator: CloseInitiator.local,
          isClean: false,
          error: error,
        ),
      );
      return _finish(
        _isClosing ? null : ConnectFailed(BadReplyException(error)),
      );
    }
    _protocol = protocol ?? '';
    _extensions = extensions;
    final isFirst = !_hasOpened;
    _hasOpened = true;
    if (!isFirst) _reconnects++;
    if (isFirst) _listener.onOpen(protocol, extensions: extensions);
    if (_isClosing) return;
    final hook = _options.onReconnected;
    if (isFirst || hook == null) return _goOnline(line);

    void send(Object message) {
      if (line == _line && !_isClosing) line.write(message);
    }

    bool isAwaited() => line == _line && _isConnecting && !_isClosing;
    _limited(() => hook(send), _limitAt(_setup.now())).then(
      (_) {
        if (isAwaited()) _goOnline(line);
      },
      onError: (Object error, StackTrace stackTrace) {
        if (!isAwaited()) return;
        _abandon();
        _fail(
          ConnectFailed(
            CallbackException(
              'onReconnected failed ($error)',
              error,
              stackTrace,
            ),
          ),
        );
      },
    );
  }

  void _goOnline(Line line) {
    _enter(const ChannelOpen());
    _sendQueued(line);
  }

  @override
  void onLineFailed(Line line, ConnectException error) {
    _remove(line);
    if (line != _line) return;
    _timer?.cancel();
    _line = null;
    line.giveUpOn(SendResult.closed);
    if (_isClosing) return _finish(null);
    if (_state is ChannelWaiting) _enter(ChannelConnecting(_attempts));
    _fail(ConnectFailed(error));
  }

  @override
  void onLineClosed(Line line, CloseInfo info) {
    if (line != _line) return;
    _line = null;
    _closeInfo = info;
    line.giveUpOn(
      _isClosing && info.isClean ? SendResult.sent : SendResult.lost,
    );
    if (_isClosing) return _finish(null);
    final now = _setup.now();
    if (now - line.openedAt! >= _options.backoff.minUptime) {
      _attempts = 0;
      _waits = 0;
      _outageStart = now;
    }
    final failure = ConnectionEnded(info);
    if (_state is! ChannelSuspended) return _fail(failure);
    final after = _decide(failure).after;
    if (_state is! ChannelSuspended) return;
    if (after == null) return _finish(failure);
    if (_probe != null) {
      _probe = null;
      _beginAnew();
    }
  }

  @override
  void onLineDone(Line line) {
    _remove(line);
    _endWhenDelivered();
  }

  @override
  void guardMessages(void Function() deliver) => _listener.guard(deliver);

  @override
  void onLineMessage(Object message) => _listener.onMessage(message);

  @override
  void onResult(OutgoingMessage message, SendResult result) {
    if (message.result case final completer?) {
      completer.complete(result);
    } else if (result != SendResult.sent && !_unsent.isClosed) {
      _unsent.add(UnsentMessage(message.data, result));
    }
  }

  /// Ends for good.
  void _finish(ConnectionFailure? failure) {
    _hasEnded = true;
    _cancelPlans();
    for (final message in _queue.takeAll()) {
      onResult(message, SendResult.closed);
    }
    _enter(ChannelClosed(failure));
    _unsent.close();
    _trace.close();
    _receiveProgress.close();
    // In a turn of its own, since it may be the owner that closes.
    Timer.run(() {
      if (_hasOpened) {
        _listener.onClosed(_closeInfo!);
      } else {
        _listener.onFailed(switch (failure) {
          ConnectFailed(:final error) => error,
          _ => const CancelledException('It was closed before it was open'),
        });
      }
      _isTold = true;
      _endWhenDelivered();
    });
  }

  bool _isTold = false;

  void _endWhenDelivered() {
    if (!_isTold || _lines.isNotEmpty) return;
    // The end comes with an event for some, for which a listener may not be
    // ready.
    if (!_mayFlow && !_discards) return;
    _isTold = false;
    _listener.onDone();
  }
}
