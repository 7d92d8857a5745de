import 'decision.dart';

/// The state of a reconnecting channel or socket.
sealed class ChannelState {
  const ChannelState._();
}

/// It is connecting, or `ReconnectOptions.onReconnected` is running.
final class ChannelConnecting extends ChannelState {
  /// Creates the state of attempt [attempt], which was made because of [cause].
  const ChannelConnecting(this.attempt, {this.cause}) : super._();

  /// The number of the attempt, from 1, since the last connection that was open
  /// for `BackoffOptions.minUptime`.
  final int attempt;

  /// The failure after which the attempt is made. Null for the first one, and
  /// for one that the app has asked for with `reconnectNow`, or with `resume`
  /// when there was no connection.
  final ConnectionFailure? cause;

  @override
  String toString() =>
      'ChannelConnecting($attempt${cause == null ? '' : ', $cause'})';
}

/// It is connected.
final class ChannelOpen extends ChannelState {
  /// Creates the state.
  const ChannelOpen() : super._();

  @override
  String toString() => 'ChannelOpen()';
}

/// It is waiting for [delay] before the next attempt.
final class ChannelWaiting extends ChannelState {
  /// Creates the state with these values.
  const ChannelWaiting(this.delay, this.cause) : super._();

  /// The wait, from the beginning of this state.
  final Duration delay;

  /// What failed.
  final ConnectionFailure cause;

  @override
  String toString() => 'ChannelWaiting($delay, $cause)';
}

/// It was suspended, and makes no attempts. A connection may still be open; its
/// messages are delivered.
final class ChannelSuspended extends ChannelState {
  /// Creates the state.
  const ChannelSuspended() : super._();

  @override
  String toString() => 'ChannelSuspended()';
}

/// It is closed or has given up: no more attempts are made.
final class ChannelClosed extends ChannelState {
  /// Creates the state with its [cause].
  const ChannelClosed(this.cause) : super._();

  /// Why it gave up; null if this side closed it.
  final ConnectionFailure? cause;

  @override
  String toString() => 'ChannelClosed(${cause ?? ''})';
}
