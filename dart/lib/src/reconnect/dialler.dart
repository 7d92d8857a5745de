/// When the next attempt is made and what it connects to: the number of
/// attempts, the back-off, the limits, the search for a target.
library;

import 'dart:async';

import '../close_info.dart';
import '../connection/connect_target.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../options/reconnect_options.dart';
import 'channel_state.dart';
import 'decision.dart';
import 'setup.dart';

/// Gets the events of a [Dialler].
abstract interface class DiallerOwner {
  /// How the last open connection ended; null if there was none.
  CloseInfo? get closeInfo;

  /// Whether there may be one connection more.
  bool makeRoom();

  /// The dialler waits or connects.
  void onDialling(ChannelState state);

  /// The attempt is due: the wait before it is over, if there was one.
  void onDue();

  /// A connection is to be made now.
  void onDial(ConnectionRequest request);

  /// The attempt failed before there was a connection.
  void onDialFailed(ConnectException error);
}

/// Makes one attempt after another, each when its owner asks for it.
///
/// An attempt is handed to the connector as soon as the last has failed, with
/// the wait before it. So the native library dials in time even if the isolate
/// is busy.
final class Dialler {
  /// A dialler that waits for [beginAnew].
  Dialler(this._setup, this._owner);

  final ReconnectSetup _setup;
  final DiallerOwner _owner;

  ReconnectOptions get _options => _setup.reconnect;

  // Since the last connection that was open for `minUptime`.
  int _attempts = 0;
  int _waits = 0;
  late Duration _outageStart;

  /// For the search for a target, the dial, or the end of the wait before it.
  Timer? _timer;

  /// For the callback that is running.
  Timer? _callbackTimer;

  /// The search that is under way: an older one has no effect.
  Object? _search;

  /// An attempt that begins when the owner has room for it.
  ({Duration since, Duration delay, ConnectionFailure cause})? _held;

  /// The state of an attempt that is being made.
  ChannelConnecting get connecting => ChannelConnecting(_attempts);

  /// Starts the first of a series of attempts.
  void beginAnew() {
    _restart();
    _begin(Duration.zero, null);
  }

  void _restart() {
    _attempts = 0;
    _waits = 0;
    _outageStart = _setup.now();
  }

  /// A connection has ended that was opened at [openedAt]. If it was open for
  /// long enough, back-off and limits begin anew.
  void connectionEnded(Duration openedAt) {
    if (_setup.now() - openedAt >= _options.backoff.minUptime) _restart();
  }

  /// Starts the next attempt after the back-off, and not before [atLeast] has
  /// passed. Returns false, and does nothing, when the limits allow no more.
  bool retry(Duration atLeast, ConnectionFailure cause) {
    if (_options.maxAttempts case final most? when _attempts >= most) {
      return false;
    }
    final asked = atLeast < _options.maxRetryAfter
        ? atLeast
        : _options.maxRetryAfter;
    final wait = _options.backoff.wait(_waits++, _setup.random) + asked;
    if (_options.maxDuration case final most?
        when _setup.now() - _outageStart + wait >= most) {
      return false;
    }
    _begin(wait, cause);
    return true;
  }

  /// The owner has room again: starts the attempt that was held up for it.
  void release() {
    final held = _held;
    if (held == null) return;
    _held = null;
    final waited = _setup.now() - held.since;
    // It is not the server that took this time.
    _outageStart += waited;
    final left = held.delay - waited;
    _begin(left > Duration.zero ? left : Duration.zero, held.cause);
  }

  /// The attempt is over, or is not wanted any more.
  void cancel() {
    _timer?.cancel();
    _callbackTimer?.cancel();
    _search = null;
    _held = null;
  }

  /// The result of [work], which may take as long as an attempt. After [cancel]
  /// nothing limits it any more.
  Future<T> limited<T>(FutureOr<T> Function() work) {
    // Not within the call, which may be that of the constructor.
    final result = Future.microtask(work);
    final limit = _limitAt(_setup.now());
    if (limit == null) return result;
    final expiry = Completer<T>();
    final timer = _callbackTimer = Timer(
      limit,
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

  /// How long before the dial its target may be computed: what it has in it,
  /// such as a token, may expire.
  static const _searchLead = Duration(seconds: 10);

  /// How long an attempt that begins at [due] may take.
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

  /// An attempt that fails before it was due does not make the next one
  /// earlier.
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
