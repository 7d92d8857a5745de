import '../close_info.dart';
import '../exceptions/connect_exception.dart';
import 'retry_after.dart';

/// Why there is no connection: an attempt failed, or an open connection ended.
sealed class ConnectionFailure {
  const ConnectionFailure._();
}

/// An attempt failed: no connection was made.
final class ConnectFailed extends ConnectionFailure {
  /// An attempt that failed with [error].
  const ConnectFailed(this.error) : super._();

  /// The cause: a [CallbackException] if it was one of the app's callbacks.
  final ConnectException error;

  @override
  String toString() => 'ConnectFailed($error)';
}

/// An open connection ended.
final class ConnectionEnded extends ConnectionFailure {
  /// A connection that ended as [info] says.
  const ConnectionEnded(this.info) : super._();

  /// How it ended.
  final CloseInfo info;

  @override
  String toString() => 'ConnectionEnded($info)';
}

/// Whether to connect again after a [ConnectionFailure].
final class ReconnectDecision {
  /// Connect again: when the back-off says so, and not before [after] has
  /// passed, which `ReconnectOptions.maxRetryAfter` limits.
  const ReconnectDecision.retry({Duration this.after = Duration.zero});

  /// Give up: another attempt would fail too.
  const ReconnectDecision.stop() : after = null;

  /// The least time to wait; null to give up.
  final Duration? after;

  /// The decision where `ReconnectOptions.decide` is left out.
  ///
  /// | after | decision |
  /// |---|---|
  /// | no address, refused, unreachable, a time limit, a reply that is no handshake or breaks off, a browser's failure | retry |
  /// | a certificate that is not trusted, any cause | stop |
  /// | another TLS failure | retry |
  /// | status 408, 425, 5xx | retry |
  /// | status 429, 503 | retry, after `Retry-After` if there is one |
  /// | any other status, such as 401, 403, 404 | stop |
  /// | a proxy's 401, 403, 407 | stop |
  /// | any other failure of a proxy | retry |
  /// | a request that can't be made; no library | stop |
  /// | a callback that threw an [Error] | stop |
  /// | a callback that threw anything else | retry |
  /// | close code 1000 (done), 1008 (policy), 1010 (extension missing), 3000 (unauthorized), 3003 (forbidden) from the peer | stop |
  /// | any other end, such as 1001, 1006, 1012, 4000-4999 | retry |
  ///
  /// Only the app knows what 4000-4999 mean. A function of its own can tell:
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
