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
    required this.onViolation,
    required this.mayDiscard,
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

  /// Called with each violation by the owner.
  final void Function(String violation) onViolation;

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
  bool isSilent = false;

  /// The messages that the peer may have received.
  final List<String> sent = [];

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

  void receive() => _event(() => inbox.add('$index.${messages++}'));

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
    isWritable = false;
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
    completeDrains();
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
  }

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      throw UnsupportedError('the model sends text');

  @override
  Future<void> close(int? code, String reason) {
    _close();
    return closeWritten;
  }

  void _close() {
    if (isClosing || hasEnded) return;
    isClosing = true;
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
