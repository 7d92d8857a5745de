import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';

/// The kinds of failure that the app explains.
enum FailureKind {
  badAddress,
  noSuchHost,
  connectionRefused,
  unreachable,
  localNetwork,
  timedOut,
  certificateUntrusted,
  certificateExpired,
  certificateNotYetValid,
  certificateOfAnother,
  certificateRevoked,
  noSecureConnection,
  proxy,
  upgradeRefused,
  notWebSocket,
  libraryMissing,
  connectionLost,
  other,
}

/// A failed connect or a lost connection.
final class Failure {
  const Failure._(this.kind, this.detail);

  /// Creates the failure of [error], which `RustWebSocketChannel.connect` threw
  /// or `ready` completed with.
  factory Failure.of(Object error) {
    final cause = switch (error) {
      WebSocketChannelException(:final inner?) => inner,
      _ => error,
    };
    final kind = switch (cause) {
      FormatException() || ArgumentError() => FailureKind.badAddress,
      final ConnectException failure => _kindOf(failure),
      TimeoutException() => FailureKind.timedOut,
      _ => FailureKind.other,
    };
    return Failure._(kind, _detailOf(cause));
  }

  /// Creates the failure of a lost connection.
  factory Failure.lost(CloseInfo info) =>
      Failure._(FailureKind.connectionLost, info.error ?? '$info');

  /// The failure that ended an open connection; null after a clean close.
  static Failure? ofEnd(CloseInfo? info) => switch (info) {
    CloseInfo(initiator: CloseInitiator.none) => Failure.lost(info),
    CloseInfo(:final error?) => Failure._(FailureKind.other, error),
    _ => null,
  };

  final FailureKind kind;

  /// The technical cause, with host and port, without credentials.
  final String detail;

  // Cases of later versions of the package have only their detail.
  static FailureKind _kindOf(ConnectException failure) => switch (failure) {
    InvalidRequestException() => FailureKind.badAddress,
    HostLookupException() => FailureKind.noSuchHost,
    ConnectionRefusedException() => FailureKind.connectionRefused,
    UnreachableException() => FailureKind.unreachable,
    LocalNetworkException() => FailureKind.localNetwork,
    ConnectTimeoutException() => FailureKind.timedOut,
    TlsHandshakeException(:final failure) => switch (failure) {
      TlsFailure.untrusted => FailureKind.certificateUntrusted,
      TlsFailure.expired => FailureKind.certificateExpired,
      TlsFailure.notYetValid => FailureKind.certificateNotYetValid,
      TlsFailure.wrongHost ||
      TlsFailure.pinMismatch => FailureKind.certificateOfAnother,
      TlsFailure.revoked => FailureKind.certificateRevoked,
      TlsFailure.handshake => FailureKind.noSecureConnection,
    },
    ProxyException() => FailureKind.proxy,
    UpgradeRefusedException() => FailureKind.upgradeRefused,
    BadReplyException() => FailureKind.notWebSocket,
    LibraryException() => FailureKind.libraryMissing,
    _ => FailureKind.other,
  };

  static String _detailOf(Object cause) => switch (cause) {
    ConnectException(:final message) => message,
    FormatException(:final message) => message,
    ArgumentError(:final message) => '$message',
    _ => '$cause',
  };
}
