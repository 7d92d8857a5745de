/// The state machine of a reconnecting channel. Its inputs are calls of the app
/// and events of connections.
///
/// Its parts: [Dialler] starts attempts, [Outbox] sends, [Inbox] delivers,
/// [Probe] finds out whether the peer is still there, [States] has the state.
library;

import 'dart:async';

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../inspector/inspected_channel.dart';
import '../inspector/inspector.dart';
import '../options/heartbeat.dart';
import '../options/reconnect_options.dart';
import '../timer_limit.dart';
import 'attempt.dart';
import 'channel_state.dart';
import 'decision.dart';
import 'dialler.dart';
import 'inbox.dart';
import 'network_changes.dart';
import 'outbox.dart';
import 'outgoing_message.dart';
import 'probe.dart';
import 'reconnecting_connection.dart';
import 'send_result.dart';
import 'setup.dart';
import 'states.dart';

/// Makes one connection after another, which its owner sees as a single
/// [connection].
final class Reconnector
    implements AttemptOwner, DiallerOwner, InspectedChannelSource {
  /// Starts to connect.
  Reconnector(this._setup, this._listener) {
    if (_options.networkChanges case final events?) {
      _networkChanges = NetworkChanges(events, _onNetworkChange);
    }
    _dialler.beginAnew();
  }

  final ReconnectSetup _setup;
  final ConnectionListener _listener;

  ReconnectOptions get _options => _setup.reconnect;

  late final InspectedChannel? _inspected = Inspector.current?.addChannel(this);

  /// The state.
  late final States states = States(onEnter: _inspected?.enter);

  late final _dialler = Dialler(_setup, this);

  /// The outgoing messages.
  late final outbox = Outbox(_setup, states, () => _attempt);

  /// The received messages.
  late final inbox = Inbox(onRoom: _dialler.release, onDone: _listener.onDone);

  /// The connection that the owner sees.
  late final connection = ReconnectingConnection(this);

  /// The current attempt or connection; null between two.
  Attempt? get attempt => _attempt;
  Attempt? _attempt;

  /// The probe of [resume], of a network change or of the heartbeat; null if
  /// there is none.
  Probe? _probe;

  /// Begins the next probe of the heartbeat.
  Timer? _nextProbe;

  NetworkChanges? _networkChanges;

  bool _hasOpened = false;

  /// Whether a connection is open. `onReconnected` may still be running.
  bool get isOpen => _attempt?.openedAt != null;

  /// Whether this side has called [close].
  bool get isClosing => _isClosing;
  bool _isClosing = false;

  bool get _isOver => _isClosing || states.isClosed;

  /// The subprotocol of the last connection that was open; null before.
  String? get protocol => _protocol;
  String? _protocol;

  /// The extensions of that connection.
  String get extensions => _extensions;
  String _extensions = '';

  /// The number of connections after the first.
  @override
  int get reconnects => _reconnects;
  int _reconnects = 0;

  @override
  int get queuedMessages => outbox.queuedMessages;

  @override
  int get queuedBytes => outbox.queuedBytes;

  @override
  CloseInfo? get closeInfo => _closeInfo;
  CloseInfo? _closeInfo;

  // Calls of the app.

  /// Connects now, and replaces an open connection.
  void reconnectNow() {
    if (_isOver || _isConnecting) return;
    _networkChanges?.resume();
    _abandon();
    _dialler.beginAnew();
  }

  bool get _isConnecting => states.current is ChannelConnecting;

  bool get _isSuspended => states.current is ChannelSuspended;

  /// Makes no attempts until [resume].
  void suspend() {
    if (_isOver) return;
    _cancelProbe();
    // Nothing on this side wakes the process while the app is not in use. A
    // `resume` may have begun to ping again.
    if (isOpen) _attempt!.connection.setPingInterval(null);
    if (_isSuspended) return;
    if (!states.isOpen) _abandon();
    _networkChanges?.pause();
    states.enter(const ChannelSuspended());
  }

  /// Ends [suspend].
  void resume() {
    if (!_isSuspended || _probe != null || _isClosing) return;
    _networkChanges?.resume();
    final attempt = _attempt;
    if (attempt == null) return _dialler.beginAnew();
    attempt.connection.setPingInterval(_setup.request.pingInterval);
    _probeNow(attempt, occasion: 'resume()', onAlive: () => _goOnline(attempt));
  }

  void _onNetworkChange() {
    // A stream may have an event within the call that listens to it, before
    // there is an attempt.
    if (_networkChanges == null) return;
    if (_isOver || _isSuspended || _dialler.isHeld) return;
    switch (states.current) {
      case ChannelWaiting(:final ConnectionFailure? cause) ||
          ChannelConnecting(:final ConnectionFailure? cause):
        // What is connecting may still use the network that was left.
        _abandon();
        _dialler.dialNow(cause);
      case ChannelOpen():
        final attempt = _attempt;
        // `decide` has the failure of the connection.
        if (attempt == null) return;
        final begun = _setup.now();
        _probeNow(
          attempt,
          occasion: 'a network change',
          onAlive: () => _beatLater(attempt, _setup.now() - begun),
        );
      case ChannelSuspended() || ChannelClosed():
    }
  }

  // The peer's signs of life.

  /// Probes [attempt] with a heartbeat or a ping, and replaces it at once if
  /// its peer is silent. Where neither can be sent, the peer counts as alive.
  void _probeNow(
    Attempt attempt, {
    required String occasion,
    required void Function() onAlive,
  }) {
    final canAsk = _options.heartbeat?.message != null;
    final limit = _options.probeTimeout;
    _beginProbe(
      attempt,
      limit,
      (probe) => canAsk ? _ask(probe) : probe.ping(),
      onAlive: onAlive,
      onSilent: () => _dialler.beginAnew(
        _lose(
          'The peer did not answer a ${canAsk ? 'heartbeat' : 'ping'} within '
          '$limit after $occasion',
        ),
      ),
    );
  }

  /// Waits for a sign of life on [attempt], up to [limit], after [begin].
  void _beginProbe(
    Attempt attempt,
    Duration limit,
    void Function(Probe probe) begin, {
    required void Function() onAlive,
    required void Function() onSilent,
  }) {
    _cancelProbe();
    final probe = Probe(attempt, limit, _setup.now);
    _probe = attempt.probe = probe;
    probe.isAlive.then((isAlive) {
      if (probe != _probe) return;
      _cancelProbe();
      isAlive ? onAlive() : onSilent();
    });
    begin(probe);
  }

  void _cancelProbe() {
    _nextProbe?.cancel();
    _probe?.answer(false);
    _probe = null;
  }

  /// Sends a heartbeat for [probe].
  void _ask(Probe probe) {
    final Object message;
    try {
      message = _options.heartbeat!.message!();
      _checkHeartbeat(message);
    } catch (error, stackTrace) {
      if (probe == _probe) _failHeartbeat('message', error, stackTrace);
      return;
    }
    // The call may have suspended or closed the channel.
    if (probe == _probe) probe.ask(message);
  }

  void _checkHeartbeat(Object message) {
    if (message is! String && message is! List<int>) throw notSendable(message);
    final most = _setup.request.options.maxBufferedAmount;
    if (most != null && OutgoingMessage(message).size > most) {
      throw ArgumentError.value(
        most,
        'options.maxBufferedAmount',
        'must leave room for a heartbeat',
      );
    }
  }

  /// Probes [attempt] with the heartbeat, if there is one, after its interval
  /// less [elapsed], and again.
  void _beatLater(Attempt attempt, [Duration elapsed = Duration.zero]) {
    final heartbeat = _options.heartbeat;
    if (heartbeat == null) return;
    _nextProbe = Timer(
      timerLimit(heartbeat.interval - elapsed),
      () => _beat(attempt, heartbeat),
    );
  }

  void _beat(Attempt attempt, Heartbeat heartbeat) {
    final canAsk = heartbeat.message != null;
    final begun = _setup.now();
    _beginProbe(
      attempt,
      heartbeat.timeout,
      (probe) => canAsk ? _ask(probe) : probe.listen(),
      onAlive: () => _beatLater(attempt, _setup.now() - begun),
      onSilent: () {
        final lost = _lose(
          canAsk
              ? 'The peer did not answer a heartbeat within '
                    '${heartbeat.timeout}'
              : 'The peer sent nothing for ${heartbeat.timeout}',
        );
        _dialler.connectionEnded(attempt.openedAt!);
        _fail(lost);
      },
    );
  }

  /// Abandons the connection, whose peer gives no sign of life.
  ConnectionFailure _lose(String error) {
    final info = CloseInfo(
      code: 1001,
      reason: '',
      initiator: CloseInitiator.local,
      isClean: false,
      error: error,
    );
    _abandon(code: info.code, info: info);
    return ConnectionEnded(info);
  }

  late final _isAnswer = _options.heartbeat?.isAnswer;

  bool _isOnlyAnswer(Object message) {
    final isAnswer = _isAnswer;
    if (isAnswer == null) return false;
    try {
      return isAnswer(message);
    } catch (error, stackTrace) {
      final attempt = _attempt;
      // After the other messages that were received with this one.
      scheduleMicrotask(() {
        if (attempt == _attempt && isOpen && !_isOver) {
          _failHeartbeat('isAnswer', error, stackTrace);
        }
      });
      return false;
    }
  }

  /// A function of the heartbeat has thrown [error].
  void _failHeartbeat(String name, Object error, StackTrace stackTrace) {
    final staysSuspended = _isSuspended && _probe == null;
    _abandon();
    final failure = _failed(
      CallbackException('heartbeat.$name failed ($error)', error, stackTrace),
    );
    staysSuspended ? _failSuspended(failure) : _fail(failure);
  }

  /// Sends what was sent before, then a Close frame, and ends; see
  /// [Connection.close].
  Future<void> close(int? code, String reason) {
    _close(code, reason);
    return _closeWritten.future;
  }

  final _closeWritten = Completer<void>();

  void _completeClose() {
    if (!_closeWritten.isCompleted) _closeWritten.complete();
  }

  void _close(int? code, String reason) {
    if (_isOver) return;
    _isClosing = true;
    _cancelProbe();
    final attempt = _attempt;
    if (attempt == null || states.current is ChannelWaiting) {
      _abandon();
      return _finish(null);
    }
    // Queued messages are sent as soon as the connection is open, unless
    // `onReconnected` should send first.
    if (!_isConnecting || !_hasOpened || _options.onReconnected == null) {
      outbox.sendQueued(attempt);
    }
    outbox.close();
    attempt.connection.close(code, reason).then((_) => _completeClose());
    states.wake();
  }

  // Events of attempts.

  @override
  bool makeRoom() => inbox.makeRoom();

  @override
  void onDialling(ChannelState state) => states.enter(state);

  @override
  void onDue() {
    if (states.current is ChannelWaiting) states.enter(_dialler.connecting);
  }

  @override
  void onDial(ConnectionRequest request) {
    final connector = _setup.connectorFor(request..channel = _inspected);
    final attempt = _attempt = Attempt(this, request, connector);
    connection.follow(attempt.connection);
    inbox.add(attempt);
  }

  @override
  void onDialFailed(ConnectException error) => _fail(_failed(error));

  ConnectFailed _failed(ConnectException error) =>
      ConnectFailed(error, hasBeenOpen: _hasOpened);

  /// The wait before the attempt has ended.
  void _endWait() {
    _dialler.cancel();
    onDue();
  }

  @override
  void onOpen(Attempt attempt, String? protocol, String extensions) {
    if (attempt != _attempt) return;
    _endWait();
    attempt.openedAt = _setup.now();
    if (_setup.refusesOtherProtocols &&
        protocol != null &&
        protocol.isNotEmpty &&
        !attempt.request.offers(protocol)) {
      return _refuseProtocol(attempt);
    }
    _protocol = protocol ?? '';
    _extensions = extensions;
    final isFirst = !_hasOpened;
    _hasOpened = true;
    if (!isFirst) _reconnects++;
    if (isFirst) _listener.onOpen(protocol, extensions: extensions);
    if (_isClosing) return;
    final hook = _options.onReconnected;
    if (isFirst || hook == null) return _goOnline(attempt);
    unawaited(_callOnReconnected(attempt, hook));
  }

  /// Opens the channel after `onReconnected` has completed.
  Future<void> _callOnReconnected(
    Attempt attempt,
    FutureOr<void> Function(void Function(Object message) send) hook,
  ) async {
    bool isAwaited() => attempt == _attempt && _isConnecting && !_isClosing;
    try {
      await _dialler.limited(
        () => hook((message) {
          if (attempt == _attempt && !_isClosing) {
            attempt.write(OutgoingMessage(message));
          }
        }),
      );
    } catch (error, stackTrace) {
      if (!isAwaited()) return;
      _abandon();
      return _fail(
        _failed(
          CallbackException('onReconnected failed ($error)', error, stackTrace),
        ),
      );
    }
    if (isAwaited()) _goOnline(attempt);
  }

  /// RFC 6455 section 4.1: the client must fail the connection. Another attempt
  /// would get the same answer.
  void _refuseProtocol(Attempt attempt) {
    const error = ConnectionRequest.protocolNotOffered;
    _abandon(
      code: 1002,
      info: const CloseInfo(
        code: 1002,
        reason: '',
        initiator: CloseInitiator.local,
        isClean: false,
        error: error,
      ),
    );
    inbox.drop(attempt);
    _finish(_isClosing ? null : const ConnectFailed(BadReplyException(error)));
  }

  void _goOnline(Attempt attempt) {
    states.enter(const ChannelOpen());
    outbox.sendQueued(attempt);
    _beatLater(attempt);
  }

  @override
  void onFailed(Attempt attempt, ConnectException error) {
    inbox.remove(attempt);
    if (attempt != _attempt) return;
    _attempt = null;
    attempt.giveUpOn(SendResult.closed);
    if (_isClosing) return _finish(null);
    _endWait();
    _fail(_failed(error));
  }

  @override
  void onClosed(Attempt attempt, CloseInfo info) {
    if (attempt != _attempt) return;
    _attempt = null;
    _closeInfo = info;
    attempt.giveUpOn(
      _isClosing && info.isClean ? SendResult.sent : SendResult.lost,
    );
    if (_isClosing) return _finish(null);
    _dialler
      ..cancel()
      ..connectionEnded(attempt.openedAt!);
    final failure = ConnectionEnded(info);
    if (_isSuspended) return _failSuspended(failure);
    _cancelProbe();
    _fail(failure);
  }

  /// There is no connection any more, and no attempt is made, unless [resume]
  /// has begun a probe.
  void _failSuspended(ConnectionFailure failure) {
    final after = _decide(failure).after;
    if (!_isSuspended) return;
    if (after == null) return _finish(failure);
    if (_probe == null) return;
    _cancelProbe();
    _dialler.beginAnew(failure);
  }

  @override
  void onDone(Attempt attempt) {
    inbox
      ..remove(attempt)
      ..endWhenDelivered();
  }

  @override
  void guard(void Function() deliver) => _listener.guard(deliver);

  @override
  void onMessage(Object message) {
    if (!_isOnlyAnswer(message)) _listener.onMessage(message);
  }

  @override
  void onResult(OutgoingMessage message, SendResult result) =>
      outbox.settle(message, result);

  // Ends.

  void _fail(ConnectionFailure failure) {
    final before = states.current;
    final decision = _decide(failure);
    // `decide` may have closed, suspended or reconnected.
    if (!identical(states.current, before)) return;
    if (decision.after == null || !_dialler.retry(decision, failure)) {
      _finish(failure);
    }
  }

  ReconnectDecision _decide(ConnectionFailure failure) {
    try {
      return _options.decide(failure);
    } catch (error, stackTrace) {
      Zone.current.handleUncaughtError(error, stackTrace);
      return const ReconnectDecision.stop();
    }
  }

  /// Abandons the current attempt or connection without waiting for its end.
  void _abandon({int code = 1000, CloseInfo info = _replaced}) {
    _dialler.cancel();
    _cancelProbe();
    final attempt = _attempt;
    if (attempt == null) return;
    _attempt = null;
    attempt
      ..isAbandoned = true
      ..giveUpOn(SendResult.lost)
      ..connection.close(code, '');
    if (attempt.openedAt != null) _closeInfo = info;
    inbox.abandon(attempt);
  }

  static const _replaced = CloseInfo(
    code: 1006,
    reason: '',
    initiator: CloseInitiator.local,
    isClean: false,
    error: 'The connection was replaced',
  );

  /// Ends: no attempt follows.
  void _finish(ConnectionFailure? failure) {
    _networkChanges?.cancel();
    _dialler.cancel();
    _cancelProbe();
    outbox.close();
    states.enter(ChannelClosed(failure));
    outbox.end();
    connection.end();
    // In a later turn, since the owner may be calling `close`.
    Timer.run(() {
      _completeClose();
      if (_hasOpened) {
        _listener.onClosed(_closeInfo!);
      } else {
        _listener.onFailed(switch (failure) {
          ConnectFailed(:final error) => error,
          _ => const CancelledException('It was closed before it was open'),
        });
      }
      inbox.end();
    });
  }
}
