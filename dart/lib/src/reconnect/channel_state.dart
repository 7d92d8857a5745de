import 'decision.dart';

/// What a reconnecting channel or socket is doing.
sealed class ChannelState {
  const ChannelState._();
}

/// It connects, or `ReconnectOptions.onReconnected` is running.
final class ChannelConnecting extends ChannelState {
  /// Connecting for the [attempt]th time.
  const ChannelConnecting(this.attempt) : super._();

  /// The number of the attempt since the last connection that was open for
  /// `BackoffOptions.minUptime`, from 1.
  final int attempt;

  @override
  String toString() => 'ChannelConnecting($attempt)';
}

/// It is connected.
final class ChannelOpen extends ChannelState {
  /// Connected.
  const ChannelOpen() : super._();

  @override
  String toString() => 'ChannelOpen()';
}

/// It waits for [delay] before the next attempt.
final class ChannelWaiting extends ChannelState {
  /// Waiting because of [cause].
  const ChannelWaiting(this.delay, this.cause) : super._();

  /// How long it waits, from the beginning of this state.
  final Duration delay;

  /// What failed.
  final ConnectionFailure cause;

  @override
  String toString() => 'ChannelWaiting($delay, $cause)';
}

/// It was suspended, and makes no attempts. There may still be a connection,
/// whose messages are delivered.
final class ChannelSuspended extends ChannelState {
  /// Suspended.
  const ChannelSuspended() : super._();

  @override
  String toString() => 'ChannelSuspended()';
}

/// It is closed or has given up: no more attempts are made.
final class ChannelClosed extends ChannelState {
  /// Closed because of [cause].
  const ChannelClosed(this.cause) : super._();

  /// Why it has given up; null if it was closed by this side.
  final ConnectionFailure? cause;

  @override
  String toString() => 'ChannelClosed(${cause ?? ''})';
}
