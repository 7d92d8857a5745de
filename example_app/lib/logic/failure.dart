import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';

/// What went wrong, in the terms of the person who uses the app.
enum FailureKind {
  badAddress,
  noSuchHost,
  nobodyListens,
  unreachable,
  timedOut,
  certificateUntrusted,
  certificateExpired,
  certificateNotYetValid,
  certificateOfAnother,
  certificateRevoked,
  noSecureConnection,
  proxy,
  refused,
  notWebSocket,
  libraryMissing,
  lineLost,
  other,
}

/// A failed connect or a lost connection.
final class Failure {
  const Failure._(this.kind, this.detail);

  /// The failure that [error] tells of: what `RustWebSocketChannel.connect`
  /// throws, or what its `ready` fails with.
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

  /// The end of a connection that was to go on.
  factory Failure.lost(CloseInfo info) =>
      Failure._(FailureKind.lineLost, info.error ?? '$info');

  /// The failure that ended an open connection; null if it ended as it should.
  static Failure? ofEnd(CloseInfo? info) => switch (info) {
    CloseInfo(initiator: CloseInitiator.none) => Failure.lost(info),
    CloseInfo(:final error?) => Failure._(FailureKind.other, error),
    _ => null,
  };

  final FailureKind kind;

  /// The technical cause, which names host and port, and never credentials.
  final String detail;

  // Cases that later versions of the package add are told by their detail.
  static FailureKind _kindOf(ConnectException failure) => switch (failure) {
    InvalidRequestException() => FailureKind.badAddress,
    HostLookupException() => FailureKind.noSuchHost,
    ConnectionRefusedException() => FailureKind.nobodyListens,
    UnreachableException() => FailureKind.unreachable,
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
    UpgradeRefusedException() => FailureKind.refused,
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
