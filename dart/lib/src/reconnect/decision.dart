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
  const ConnectFailed(this.error, {this.hasBeenOpen = false}) : super._();

  /// The cause: a [CallbackException] if it was one of the app's callbacks.
  final ConnectException error;

  /// Whether the channel has been open before. Then its URL is right, and a
  /// refusal may come from a captive portal: a network that answers for the
  /// server until the user has logged in.
  final bool hasBeenOpen;

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
  const ReconnectDecision.retry({Duration this.after = Duration.zero})
    : isSlow = false;

  /// Connects again after the longest wait of the back-off,
  /// `BackoffOptions.cap`: for a failure that lasts until something else
  /// happens, such as a login of the user.
  const ReconnectDecision.retrySlowly() : after = Duration.zero, isSlow = true;

  /// Gives up, since another attempt would fail too.
  const ReconnectDecision.stop() : after = null, isSlow = false;

  /// The minimum wait; null to give up.
  final Duration? after;

  /// Whether to wait for `BackoffOptions.cap`, the back-off's longest wait.
  final bool isSlow;

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
  /// A captive portal answers for the server until the user has logged in. So
  /// if [ConnectFailed.hasBeenOpen] is true, the decision is
  /// [ReconnectDecision.retrySlowly] after a rejected certificate, and after
  /// status 2xx, 3xx, 403, 404, 407 and 511.
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
        ConnectFailed(hasBeenOpen: true, :final error)
            when _mayBeOfPortal(error) =>
          const ReconnectDecision.retrySlowly(),
        ConnectFailed(:final error) => _afterFailedConnect(error),
        ConnectionEnded(
          info: CloseInfo(initiator: CloseInitiator.remote, :final code),
        )
            when _finalCodes.contains(code) =>
          const ReconnectDecision.stop(),
        ConnectionEnded() => const ReconnectDecision.retry(),
      };

  /// Whether a captive portal may have answered in the place of the server.
  static bool _mayBeOfPortal(ConnectException error) => switch (error) {
    TlsHandshakeException(failure: != TlsFailure.handshake) => true,
    UpgradeRefusedException(
      statusCode: >= 200 && < 400 || 403 || 404 || 407 || 511,
    ) =>
      true,
    _ => false,
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
    _ when isSlow => 'ReconnectDecision.retrySlowly()',
    Duration.zero => 'ReconnectDecision.retry()',
    final after => 'ReconnectDecision.retry(after: $after)',
  };
}
