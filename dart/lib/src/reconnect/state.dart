import 'decision.dart';

/// What a reconnecting channel or socket is doing.
sealed class LineState {
  const LineState._();
}

/// It connects, or runs `ReconnectOptions.onReconnected`.
final class LineConnecting extends LineState {
  /// Connecting for the [attempt]th time.
  const LineConnecting(this.attempt) : super._();

  /// The number of the attempt since the last connection that was open for
  /// `BackoffOptions.minUptime`, from 1.
  final int attempt;

  @override
  String toString() => 'LineConnecting($attempt)';
}

/// It is connected.
final class LineOpen extends LineState {
  /// Connected.
  const LineOpen() : super._();

  @override
  String toString() => 'LineOpen()';
}

/// It waits for [delay] before the next attempt.
final class LineWaiting extends LineState {
  /// Waiting because of [cause].
  const LineWaiting(this.delay, this.cause) : super._();

  /// How long, as from the beginning of this state.
  final Duration delay;

  /// What failed.
  final LineFailure cause;

  @override
  String toString() => 'LineWaiting($delay, $cause)';
}

/// It was suspended, and makes no attempts. There may still be a connection,
/// whose messages come as before.
final class LineSuspended extends LineState {
  /// Suspended.
  const LineSuspended() : super._();

  @override
  String toString() => 'LineSuspended()';
}

/// It is over: no attempt will be made any more.
final class LineClosed extends LineState {
  /// Closed because of [cause].
  const LineClosed(this.cause) : super._();

  /// What it gave up after; null if it was closed by this side.
  final LineFailure? cause;

  @override
  String toString() => 'LineClosed(${cause ?? ''})';
}
