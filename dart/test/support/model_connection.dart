import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/testing/memory_connection.dart';
import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import 'fake_time.dart';

/// A connection that fulfils the contract of `Connection` whatever the peer
/// does: an attempt ends at its limit, and a close within [_closeTimeout].
final class ModelConnection extends MemoryConnection {
  /// An attempt that begins after the request's delay.
  ModelConnection(
    this._time,
    this.index,
    this.request,
    super.listener, {
    required this.isSlow,
    required this.hasPings,
    required this.onViolation,
    required this.mayDiscard,
    required this.onLost,
  }) : dialsAt = _time.now + request.delay {
    _timer = Timer(
      request.delay + request.connectTimeout!,
      () => _fail(const ConnectTimeoutException('too slow', null)),
    );
  }

  static const _closeTimeout = Duration(seconds: 5);
  static const _roundTrip = Duration(milliseconds: 50);
  static const _pongTimeout = Duration(seconds: 20);

  final FakeTime _time;

  /// Its number among the connections of the channel.
  final int index;
  final ConnectionRequest request;

  /// When it may open.
  final Duration dialsAt;

  /// Whether sent messages stay buffered until they are drained.
  final bool isSlow;

  /// Whether it has pings, which a browser has not.
  final bool hasPings;

  /// Called with each violation by the owner.
  final void Function(String violation) onViolation;

  /// Called when it ends after [Duration], and the owner has not closed it.
  final void Function(Duration uptime) onLost;

  /// Whether its messages may be dropped.
  final bool Function() mayDiscard;

  bool isOpen = false;

  /// Whether it opened before the owner closed it.
  bool wasOpen = false;

  /// Whether it failed or was closed, and the owner was notified.
  bool hasEnded = false;

  /// Whether the owner has closed it.
  bool isClosing = false;

  /// Whether its messages are dropped.
  bool get discards => inbox.discards;

  /// Whether the owner was notified of the end.
  bool get isDone => inbox.isDone || hasEnded && !isOpen;

  /// Whether the peer does not answer any more.
  bool get isSilent => _isSilent;
  bool _isSilent = false;
  set isSilent(bool value) {
    if (value && !_isSilent) silentSince = _time.now;
    _isSilent = value;
    wasSilent |= value;
  }

  /// Whether the peer was silent at any time.
  bool wasSilent = false;

  /// The code that the owner closed it with.
  int? closedWith;

  /// When it opened.
  Duration openedAt = Duration.zero;

  /// When the peer fell silent.
  Duration silentSince = Duration.zero;

  /// When anything last arrived or was accepted, or the owner began to read.
  Duration changedAt = Duration.zero;

  /// When each heartbeat was sent.
  final List<Duration> heartbeats = [];

  /// How much was sent up to each heartbeat that the peer has not received yet.
  final List<int> _unanswered = [];
  int _given = 0;

  /// What the peer sends while the owner does not read.
  final List<String> _heldBack = [];

  /// The messages that the peer may have received.
  final List<String> sent = [];

  /// Those of [sent] that the operating system has accepted.
  final Set<String> accepted = {};

  /// The others, with how much was sent up to each.
  final List<(String, int)> _buffered = [];

  /// The messages that were sent before it was open.
  final List<String> _early = [];

  /// The number of messages from the peer.
  int messages = 0;

  late Timer _timer;
  Timer? _ending;
  final List<Completer<Duration>> _pings = [];

  bool get canOpen => !isOpen && !hasEnded && _time.now >= dialsAt;

  bool get isAlive => isOpen && !hasEnded && isWritable;

  void open() => _event(() {
    _timer.cancel();
    isOpen = true;
    wasOpen = !isClosing;
    openedAt = _time.now;
    if (isClosing) _endSoon();
    listener.onOpen('');
    sent.addAll(_early);
    _early.clear();
    if (!isSlow) _drainTo(0);
  });

  void fail(ConnectException error) => _event(() => _fail(error));

  void _fail(ConnectException error) {
    if (isOpen || hasEnded) return;
    _timer.cancel();
    _ending?.cancel();
    hasEnded = true;
    _drainTo(0);
    completeClose();
    listener.onFailed(error);
  }

  void receive() => _event(() => _arrive('$index.${messages++}'));

  void _arrive(String message) {
    changedAt = _time.now;
    isReading ? inbox.add(message) : _heldBack.add(message);
  }

  /// Sends one every few seconds.
  void sendHeartbeats() {
    if (hasEnded) return;
    _arrive('pong');
    _time.run(() => Timer(const Duration(seconds: 3), sendHeartbeats));
  }

  /// The owner reads on, or no more.
  void setReading(bool value) {
    isReading = value;
    changedAt = _time.now;
    while (isReading && _heldBack.isNotEmpty && !hasEnded) {
      inbox.add(_heldBack.removeAt(0));
    }
  }

  /// The connection has ended, but the owner is notified later.
  void lose() {
    isWritable = false;
    _time.run(() {
      _ending ??= Timer(
        const Duration(milliseconds: 10),
        () => _end(1006, CloseInitiator.none),
      );
    });
  }

  void end(int code, CloseInitiator initiator) =>
      _event(() => _end(code, initiator));

  void _end(int code, CloseInitiator initiator) {
    if (hasEnded) return;
    _timer.cancel();
    _ending?.cancel();
    hasEnded = true;
    if (isClosing && initiator != CloseInitiator.none) _accept(_given);
    isWritable = false;
    isReading = true;
    if (!isClosing) onLost(_time.now - openedAt);
    _heldBack
      ..forEach(inbox.add)
      ..clear();
    _unanswered.clear();
    _drainTo(0);
    for (final ping in [..._pings]) {
      ping.completeError(WebSocketConnectionClosed());
    }
    tellClosed(
      CloseInfo(
        code: code,
        reason: '',
        initiator: initiator,
        isClean: initiator != CloseInitiator.none,
      ),
    );
  }

  void drain(int left) => _event(() => _drainTo(left));

  void _drainTo(int left) {
    if (left >= bufferedAmount) return;
    bufferedAmount = left;
    if (isWritable) _accept(_given - left);
    changedAt = _time.now;
    completeDrains();
    _answerHeartbeats();
  }

  void _accept(int upTo) {
    while (_buffered.isNotEmpty && _buffered.first.$2 <= upTo) {
      accepted.add(_buffered.removeAt(0).$1);
    }
  }

  /// Answers those that the peer has received.
  void _answerHeartbeats() {
    while (_unanswered.isNotEmpty &&
        _given - bufferedAmount >= _unanswered.first) {
      _unanswered.removeAt(0);
      if (isSilent || !isWritable) continue;
      Timer(_roundTrip, () {
        if (!hasEnded && isWritable && !isSilent) _arrive('pong');
      });
    }
  }

  void _event(void Function() event) {
    _time
      ..run(event)
      ..settle();
  }

  @override
  void sendText(String text, {bool? compress}) {
    if (hasEnded)
      return onViolation('a message for connection $index, which ended');
    if (isClosing)
      return onViolation('a message for connection $index, which is closed');
    final limit = request.options.maxBufferedAmount;
    if (limit != null && bufferedAmount + text.length > limit) {
      throw const SendBufferFullException();
    }
    if (isSlow || !isOpen) bufferedAmount += text.length;
    (isOpen ? sent : _early).add(text);
    _given += text.length;
    _buffered.add((text, _given));
    if (isWritable) _accept(_given - bufferedAmount);
    if (text != 'ping') return;
    heartbeats.add(_time.now);
    _unanswered.add(_given);
    _answerHeartbeats();
  }

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      throw UnsupportedError('the model sends text');

  @override
  Future<void> close(int? code, String reason) {
    _close(code);
    return closeWritten;
  }

  void _close(int? code) {
    if (isClosing || hasEnded) return;
    isClosing = true;
    closedWith = code;
    if (isOpen) {
      _endSoon();
    } else {
      _ending = Timer(
        _closeTimeout,
        () => _fail(const CancelledException('closed')),
      );
    }
  }

  void _endSoon() {
    if (bufferedAmount == 0) completeClose();
    _ending?.cancel();
    _ending = isSilent
        ? Timer(_closeTimeout, () => _end(1006, CloseInitiator.none))
        : Timer(_roundTrip, () => _end(1000, CloseInitiator.local));
  }

  @override
  void discardMessages() {
    if (!inbox.isEmpty && !discards && !mayDiscard()) {
      onViolation('messages of connection $index are dropped');
    }
    super.discardMessages();
  }

  @override
  Future<Duration> ping() {
    if (!hasPings) throw UnsupportedError('as in a browser');
    final pong = Completer<Duration>();
    if (hasEnded || isClosing) {
      pong.completeError(WebSocketConnectionClosed());
      return pong.future..ignore();
    }
    _pings.add(pong);
    final timer = Timer(
      isSilent ? _pongTimeout : _roundTrip,
      () => isSilent
          ? pong.completeError(TimeoutException('no pong'))
          : pong.complete(_roundTrip),
    );
    return pong.future.whenComplete(() {
      timer.cancel();
      _pings.remove(pong);
    })..ignore();
  }
}
