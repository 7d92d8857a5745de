/// Why a connect of Rust's failed, as an exception.
library;

import 'dart:io' show OSError;

import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../rust/api/connection.dart' as rust;

/// Converts a failure.
extension RustFailure on rust.ConnectFailure {
  /// The exception for a failed connect of [request].
  ConnectException toException(ConnectionRequest request) {
    final port = request.url.hasPort ? request.url.port : null;
    final osError = switch (osCode) {
      null => null,
      final code => OSError(message, code),
    };
    // dart:io names the HTTP URL. Credentials are in the rest of it.
    final uri = Uri(
      scheme: request.url.isScheme('wss') ? 'https' : 'http',
      host: request.url.host,
      port: port,
      path: request.url.path,
    );
    return switch (kind) {
      rust.FailureKind.invalidRequest => InvalidRequestException(message),
      rust.FailureKind.dns => HostLookupException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.refused => ConnectionRefusedException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.unreachable => UnreachableException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.localNetwork => LocalNetworkException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.timeout => ConnectTimeoutException(
        message,
        request.connectTimeout,
      ),
      rust.FailureKind.tls => TlsHandshakeException(
        message,
        failure: switch (tls) {
          rust.TlsFailureKind.untrusted => TlsFailure.untrusted,
          rust.TlsFailureKind.expired => TlsFailure.expired,
          rust.TlsFailureKind.notYetValid => TlsFailure.notYetValid,
          rust.TlsFailureKind.wrongHost => TlsFailure.wrongHost,
          rust.TlsFailureKind.revoked => TlsFailure.revoked,
          rust.TlsFailureKind.pinMismatch => TlsFailure.pinMismatch,
          rust.TlsFailureKind.handshake || null => TlsFailure.handshake,
        },
      ),
      rust.FailureKind.proxy => ProxyException(
        message,
        statusCode: status,
        uri: uri,
      ),
      rust.FailureKind.upgradeRefused => UpgradeRefusedException(
        message,
        statusCode: status ?? 0,
        headers: _byLowerCaseName(headers),
        body: body,
        uri: uri,
      ),
      rust.FailureKind.badReply => BadReplyException(message, uri: uri),
      rust.FailureKind.cancelled => CancelledException(message),
      rust.FailureKind.internal => LibraryException(message),
    };
  }

  static Map<String, List<String>> _byLowerCaseName(
    List<rust.HeaderField> fields,
  ) {
    final byName = <String, List<String>>{};
    for (final field in fields) {
      byName.putIfAbsent(field.name.toLowerCase(), () => []).add(field.value);
    }
    return byName;
  }
}
