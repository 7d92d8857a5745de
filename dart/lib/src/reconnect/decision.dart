import '../close_info.dart';
import '../exceptions/connect_exception.dart';
import 'retry_after.dart';

/// Why there is no connection: an attempt failed, or an open connection ended.
sealed class ConnectionFailure {
  const ConnectionFailure._();
}

/// An attempt failed.
final class ConnectFailed extends ConnectionFailure {
  /// Creates the failure of an attempt.
  const ConnectFailed(this.error) : super._();

  /// The cause: a [CallbackException] if it was one of the app's callbacks.
  final ConnectException error;

  @override
  String toString() => 'ConnectFailed($error)';
}

/// An open connection ended.
final class ConnectionEnded extends ConnectionFailure {
  /// Creates the failure of a connection.
  const ConnectionEnded(this.info) : super._();

  /// How it ended.
  final CloseInfo info;

  @override
  String toString() => 'ConnectionEnded($info)';
}

/// Whether to connect again after a [ConnectionFailure].
final class ReconnectDecision {
  /// Connects again after the back-off's wait, and not before [after] has
  /// passed. `ReconnectOptions.maxRetryAfter` limits [after].
  const ReconnectDecision.retry({Duration this.after = Duration.zero});

  /// Gives up, since another attempt would fail too.
  const ReconnectDecision.stop() : after = null;

  /// The minimum wait; null to give up.
  final Duration? after;

  /// The default of `ReconnectOptions.decide`.
  ///
  /// | after | decision |
  /// |---|---|
  /// | host lookup, refused, unreachable, timeout, an invalid or incomplete response, a browser's failure | retry |
  /// | a rejected certificate, for any cause | stop |
  /// | another TLS failure | retry |
  /// | status 408, 425, 5xx | retry |
  /// | status 429, 503 | retry, after `Retry-After` if given |
  /// | any other status, such as 401, 403, 404 | stop |
  /// | a proxy's 401, 403, 407 | stop |
  /// | any other failure of a proxy | retry |
  /// | an invalid request; no native library | stop |
  /// | a callback that threw an [Error] | stop |
  /// | a callback that threw anything else | retry |
  /// | close code 1000 (done), 1008 (policy), 1010 (extension missing), 3000 (unauthorized), 3003 (forbidden) from the peer | stop |
  /// | any other end, such as 1001, 1006, 1012, 4000-4999 | retry |
  ///
  /// Only the app knows the meaning of 4000-4999, and can decide:
  ///
  /// ```dart
  /// ReconnectDecision decide(ConnectionFailure failure) => switch (failure) {
  ///   ConnectionEnded(info: CloseInfo(code: 4001)) => const ReconnectDecision.stop(),
  ///   _ => ReconnectDecision.byDefault(failure),
  /// };
  /// print(decide);
  /// ```
  static ReconnectDecision byDefault(ConnectionFailure failure) =>
      switch (failure) {
        ConnectFailed(:final error) => _afterFailedConnect(error),
        ConnectionEnded(
          info: CloseInfo(initiator: CloseInitiator.remote, :final code),
        )
            when _finalCodes.contains(code) =>
          const ReconnectDecision.stop(),
        ConnectionEnded() => const ReconnectDecision.retry(),
      };

  /// RFC 6455 section 7.4.1, and IANA's registry for 3000 and 3003.
  static const _finalCodes = {1000, 1008, 1010, 3000, 3003};

  static ReconnectDecision _afterFailedConnect(ConnectException error) =>
      switch (error) {
        InvalidRequestException() ||
        LibraryException() ||
        CallbackException(error: Error()) ||
        ProxyException(
          statusCode: 401 || 403 || 407,
        ) => const ReconnectDecision.stop(),
        TlsHandshakeException(failure: != TlsFailure.handshake) =>
          const ReconnectDecision.stop(),
        UpgradeRefusedException(statusCode: 429 || 503, :final headers) =>
          ReconnectDecision.retry(
            after:
                parseRetryAfter(
                  headers['retry-after']?.first,
                  date: headers['date']?.first,
                ) ??
                Duration.zero,
          ),
        UpgradeRefusedException(statusCode: 408 || 425 || >= 500) =>
          const ReconnectDecision.retry(),
        UpgradeRefusedException() => const ReconnectDecision.stop(),
        _ => const ReconnectDecision.retry(),
      };

  @override
  String toString() => switch (after) {
    null => 'ReconnectDecision.stop()',
    Duration.zero => 'ReconnectDecision.retry()',
    final after => 'ReconnectDecision.retry(after: $after)',
  };
}
