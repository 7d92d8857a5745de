/// Starts attempts: counts them, applies the back-off and the limits, and finds
/// their targets.
library;

import 'dart:async';

import '../close_info.dart';
import '../connection/connect_target.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../options/reconnect_options.dart';
import '../timer_limit.dart';
import 'channel_state.dart';
import 'decision.dart';
import 'setup.dart';

/// Receives the events of a [Dialler].
abstract interface class DiallerOwner {
  /// How the last open connection ended; null if there was none.
  CloseInfo? get closeInfo;

  /// Whether another connection is allowed.
  bool makeRoom();

  /// The dialler is waiting or connecting.
  void onDialling(ChannelState state);

  /// The attempt is due: the wait before it, if there was one, is over.
  void onDue();

  /// The owner has to make a connection now.
  void onDial(ConnectionRequest request);

  /// The attempt failed before there was a connection.
  void onDialFailed(ConnectException error);
}

/// Makes one attempt after another, each on request of its owner.
///
/// An attempt is passed to the connector as soon as the last has failed,
/// together with its wait. So the native library dials in time even if the
/// isolate is busy.
final class Dialler {
  /// Creates a dialler, which does nothing before [beginAnew].
  Dialler(this._setup, this._owner);

  final ReconnectSetup _setup;
  final DiallerOwner _owner;

  ReconnectOptions get _options => _setup.reconnect;

  // Since the last connection that was open for `minUptime`.
  int _attempts = 0;
  int _waits = 0;

  late Duration _outageStart;

  /// The timer of the target search, the dial, or the end of the wait before
  /// it.
  Timer? _timer;

  /// The timer of the callback that is running.
  Timer? _callbackTimer;

  /// The current target search. Results of older ones are ignored.
  Object? _search;

  /// An attempt that waits until the owner has room for it.
  ({Duration since, Duration delay, ConnectionFailure cause})? _held;

  /// Why the current attempt is made.
  ConnectionFailure? _cause;

  /// The state of the current attempt.
  ChannelConnecting get connecting =>
      ChannelConnecting(_attempts, cause: _cause);

  /// Starts the first of a series of attempts, because of [cause] if there is
  /// one.
  void beginAnew([ConnectionFailure? cause]) {
    _restart();
    _begin(Duration.zero, cause);
  }

  void _restart() {
    _attempts = 0;
    _waits = 0;
    _outageStart = _setup.now();
  }

  /// Notes the end of a connection that was opened at [openedAt]. Resets
  /// back-off and limits if it was open for long enough.
  void connectionEnded(Duration openedAt) {
    if (_setup.now() - openedAt >= _options.backoff.minUptime) _restart();
  }

  /// Whether the attempt waits for room, which only the listener makes.
  bool get isHeld => _held != null;

  /// Starts the current attempt at once or again, which does not count as
  /// another one. Its owner has abandoned what there was of it.
  void dialNow(ConnectionFailure? cause) {
    _attempts--;
    _begin(Duration.zero, cause);
  }

  /// Starts the next attempt after the wait of [decision], a retry. Returns
  /// false, and does nothing, when the limits allow no more.
  bool retry(ReconnectDecision decision, ConnectionFailure cause) {
    final atLeast = decision.after!;
    if (_options.maxAttempts case final most? when _attempts >= most) {
      return false;
    }
    final asked = atLeast < _options.maxRetryAfter
        ? atLeast
        : _options.maxRetryAfter;
    final backoff = decision.isSlow
        ? _options.backoff.cap
        : _options.backoff.wait(_waits++, _setup.random);
    final wait = timerLimit(backoff + asked);
    if (_options.maxDuration case final most?
        when _setup.now() - _outageStart + wait >= most) {
      return false;
    }
    _begin(wait, cause);
    return true;
  }

  /// Starts the attempt that waits for room.
  void release() {
    final held = _held;
    if (held == null) return;
    _held = null;
    final waited = _setup.now() - held.since;
    // This wait was not the server's fault.
    _outageStart += waited;
    final left = held.delay - waited;
    _begin(left > Duration.zero ? left : Duration.zero, held.cause);
  }

  /// Ends the current attempt.
  void cancel() {
    _timer?.cancel();
    _callbackTimer?.cancel();
    _search = null;
    _held = null;
  }

  /// The result of [work], with the limit of an attempt. [cancel] removes the
  /// limit.
  Future<T> limited<T>(FutureOr<T> Function() work) {
    // Not synchronously: the caller may be the constructor.
    final result = Future.microtask(work);
    final limit = _limitAt(_setup.now());
    if (limit == null) return result;
    final expiry = Completer<T>();
    final timer = _callbackTimer = Timer(
      timerLimit(limit),
      () => expiry.completeError(TimeoutException('It took too long', limit)),
    );
    return Future.any([result, expiry.future]).whenComplete(timer.cancel);
  }

  void _begin(Duration delay, ConnectionFailure? cause) {
    final now = _setup.now();
    if (!_owner.makeRoom()) {
      final why = cause ?? ConnectionEnded(_owner.closeInfo!);
      _held = (since: now, delay: delay, cause: why);
      return _owner.onDialling(ChannelWaiting(delay, why));
    }
    final due = now + delay;
    _attempts++;
    _cause = cause;
    _owner.onDialling(
      cause == null || delay <= Duration.zero
          ? connecting
          : ChannelWaiting(delay, cause),
    );
    if (_setup.findTarget == null || delay <= _searchLead) {
      _findTarget(due);
    } else {
      _timer = Timer(delay - _searchLead, () => _findTarget(due));
    }
  }

  /// How long before the dial the target is computed. It may contain a token
  /// that expires.
  static const _searchLead = Duration(seconds: 10);

  /// The limit of an attempt that begins at [due].
  Duration? _limitAt(Duration due) {
    final limit = _setup.request.connectTimeout;
    final total = _options.maxDuration;
    if (total == null) return limit;
    final left = _outageStart + total - due;
    final shortest = limit == null || left < limit ? left : limit;
    return shortest > Duration.zero
        ? shortest
        : const Duration(milliseconds: 1);
  }

  void _findTarget(Duration due) {
    final findTarget = _setup.findTarget;
    if (findTarget == null) return _connect(null, due);
    final search = _search = Object();
    final left = due - _setup.now();
    if (left > Duration.zero) _timer = Timer(left, _owner.onDue);
    limited(() => findTarget(_attempts)).then(
      (target) {
        if (identical(search, _search)) _connect(target, due);
      },
      onError: (Object error, StackTrace stackTrace) {
        if (!identical(search, _search)) return;
        _failAt(due, _callbackFailed(error, stackTrace));
      },
    );
  }

  static CallbackException _callbackFailed(
    Object error,
    StackTrace stackTrace,
  ) => CallbackException('findTarget failed ($error)', error, stackTrace);

  void _connect(ConnectTarget? target, Duration due) {
    cancel();
    final left = due - _setup.now();
    final mustWait = left > Duration.zero;
    final ConnectionRequest request;
    try {
      request = _setup.request.forAttempt(
        target: target,
        connectTimeout: _limitAt(mustWait ? due : _setup.now()),
        delay: mustWait && _setup.connectorDelays ? left : Duration.zero,
      );
    } on ConnectException catch (error) {
      return _failAt(due, error);
    } on FormatException catch (error) {
      // Without its source, which may have credentials.
      return _failAt(due, InvalidRequestException(error.message));
    } on ArgumentError catch (error) {
      return _failAt(due, InvalidRequestException('$error'));
    } catch (error, stackTrace) {
      // The target's subprotocols and headers may be lazy, and throw anything.
      return _failAt(due, _callbackFailed(error, stackTrace));
    }
    void dial() {
      _owner
        ..onDue()
        ..onDial(request);
    }

    if (!mustWait) {
      dial();
    } else if (_setup.connectorDelays) {
      _owner.onDial(request);
      _timer = Timer(left, _owner.onDue);
    } else {
      _timer = Timer(left, dial);
    }
  }

  /// Reports the failure not before [due], so that the next attempt is not
  /// early.
  void _failAt(Duration due, ConnectException error) {
    cancel();
    final left = due - _setup.now();
    if (left > Duration.zero) {
      _timer = Timer(left, () => _owner.onDialFailed(error));
    } else {
      _owner.onDialFailed(error);
    }
  }
}
