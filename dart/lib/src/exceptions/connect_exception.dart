import 'dart:async' show TimeoutException;
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketException;

import 'io.dart' as io;

/// The cause of a connect that failed.
///
/// Each case also implements [WebSocketException] and the dart:io exception
/// that apps written for dart:io's sockets catch. Messages contain host and
/// port, never credentials. The class is sealed: a `switch` over all cases
/// needs no default.
///
/// | case | is also | thrown in a browser |
/// |---|---|---|
/// | [InvalidRequestException] | dart:io's `WebSocketException` | yes |
/// | [HostLookupException] | `SocketException` | no |
/// | [ConnectionRefusedException] | `SocketException` | no |
/// | [UnreachableException] | `SocketException` | no |
/// | [LocalNetworkException] | `SocketException` | no |
/// | [ConnectTimeoutException] | [TimeoutException] | yes |
/// | [TlsHandshakeException] | `HandshakeException` | no |
/// | [ProxyException] | `HttpException` | no |
/// | [UpgradeRefusedException] | `HttpException` and dart:io's `WebSocketException` | no |
/// | [BadReplyException] | `HttpException` and dart:io's `WebSocketException` | no |
/// | [BrowserConnectException] | | yes, for the failures above that say no |
/// | [CancelledException] | | yes |
/// | [CallbackException] | | yes |
/// | [LibraryException] | | no |
sealed class ConnectException implements WebSocketException {
  const ConnectException._(this.message);

  /// What failed, and the cause.
  @override
  final String message;

  String get _name;

  @override
  String toString() => '$_name: $message';
}

/// The URL, a header or an option is invalid. Nothing was sent.
final class InvalidRequestException extends ConnectException
    implements io.WebSocketException {
  /// Creates the exception with its cause.
  const InvalidRequestException(super.message) : super._();

  /// Null: nothing was asked for.
  @override
  int? get httpStatusCode => null;

  @override
  String get _name => 'InvalidRequestException';
}

/// The host name has no address: it is wrong, or the device is offline.
final class HostLookupException extends _SocketFailure {
  /// Creates the exception with the operating system's error.
  const HostLookupException(super.message, {super.osError, super.port});

  @override
  String get _name => 'HostLookupException';
}

/// No server listens on the port of the URL.
final class ConnectionRefusedException extends _SocketFailure {
  /// Creates the exception with the operating system's error.
  const ConnectionRefusedException(super.message, {super.osError, super.port});

  @override
  String get _name => 'ConnectionRefusedException';
}

/// There is no route to the host.
final class UnreachableException extends _SocketFailure {
  /// Creates the exception with the operating system's error.
  const UnreachableException(super.message, {super.osError, super.port});

  @override
  String get _name => 'UnreachableException';
}

/// The system does not allow this app to connect to the local network.
///
/// From Android 17 on, an app with target SDK 37 needs the permission
/// `ACCESS_LOCAL_NETWORK`; some devices let the connect time out without it. On
/// iOS and macOS the app's `Info.plist` needs `NSLocalNetworkUsageDescription`
/// and the user decides; there the error is usually an [UnreachableException].
/// See `docs/local-networks.md` in the repository.
final class LocalNetworkException extends _SocketFailure {
  /// Creates the exception with the operating system's error.
  const LocalNetworkException(super.message, {super.osError, super.port});

  @override
  String get _name => 'LocalNetworkException';
}

/// The connect took longer than its limit. Its socket is closed.
final class ConnectTimeoutException extends ConnectException
    implements TimeoutException {
  /// Creates the exception for the limit [duration].
  const ConnectTimeoutException(super.message, this.duration) : super._();

  /// The limit.
  @override
  final Duration? duration;

  @override
  String get _name => 'ConnectTimeoutException';
}

/// The TLS handshake failed (RFC 8446): the server is not trusted, or both
/// sides support no common parameters.
final class TlsHandshakeException extends ConnectException
    implements io.HandshakeException {
  /// Creates the exception with its cause.
  const TlsHandshakeException(
    super.message, {
    this.failure = TlsFailure.handshake,
    this.osError,
  }) : super._();

  /// What failed.
  final TlsFailure failure;

  @override
  final io.OSError? osError;

  @override
  String get type => _name;

  @override
  String get _name => 'TlsHandshakeException';
}

/// Why a TLS handshake failed.
enum TlsFailure {
  /// No trusted authority has signed the server's certificate. It may have to be
  /// added to `TlsOptions.roots`.
  untrusted,

  /// The certificate has expired, or the device's clock is wrong.
  expired,

  /// The certificate is not valid yet, or the device's clock is wrong.
  notYetValid,

  /// The certificate is for another host.
  wrongHost,

  /// The certificate is in one of `TlsOptions.revocationLists`.
  revoked,

  /// The certificate is trusted, but `TlsOptions.pins` does not contain its
  /// key.
  pinMismatch,

  /// Another failure: no TLS on that port, no common version or cipher, or a
  /// missing client certificate.
  handshake,
}

/// The proxy did not connect to the server, or its tunnel ended before the
/// WebSocket was open.
///
/// A client can't tell whether the proxy or the server ended the tunnel. The
/// message names the step of the connect that failed.
final class ProxyException extends _HttpFailure {
  /// Creates the exception for a proxy's failure.
  const ProxyException(super.message, {this.statusCode, super.uri});

  /// The HTTP status of the proxy's response to CONNECT (RFC 9110 section
  /// 9.3.6): 407 if it requires credentials, 403 if it forbids the server, 502
  /// to 504 if it can't reach the server, 200 if its tunnel ended too early;
  /// null without a response.
  final int? statusCode;

  @override
  String get _name => 'ProxyException';
}

/// The server responded to the upgrade with a status other than 101 (RFC 6455
/// section 4.1).
final class UpgradeRefusedException extends _HttpFailure
    implements io.WebSocketException {
  /// Creates the exception from the server's response.
  const UpgradeRefusedException(
    super.message, {
    required this.statusCode,
    required this.headers,
    required this.body,
    super.uri,
  });

  /// The HTTP status.
  final int statusCode;

  /// The same as [statusCode], under dart:io's name.
  @override
  int get httpStatusCode => statusCode;

  /// The HTTP header. Names are in lower case.
  final Map<String, List<String>> headers;

  /// The start of the body: at most 4 KiB of what arrived within a second and
  /// within the connect timeout.
  final Uint8List body;

  @override
  String get _name => 'UpgradeRefusedException';
}

/// The response is not a WebSocket handshake, it is incomplete, or its header
/// is larger than `WebSocketOptions.maxHeaderSize`.
final class BadReplyException extends _HttpFailure
    implements io.WebSocketException {
  /// Creates the exception for an invalid response.
  const BadReplyException(super.message, {super.uri});

  /// Null, since there may be no status.
  @override
  int? get httpStatusCode => null;

  @override
  String get _name => 'BadReplyException';
}

/// The browser could not connect. It writes the cause to its console and hides
/// it from the page (WHATWG WebSockets, section 4).
final class BrowserConnectException extends ConnectException {
  /// Creates the exception.
  const BrowserConnectException(super.message) : super._();

  @override
  String get _name => 'BrowserConnectException';
}

/// The connect was cancelled: the connection was closed before it was open.
final class CancelledException extends ConnectException {
  /// Creates the exception.
  const CancelledException(super.message) : super._();

  @override
  String get _name => 'CancelledException';
}

/// The native library could not be loaded, or failed.
final class LibraryException extends ConnectException {
  /// Creates the exception with its cause.
  const LibraryException(super.message) : super._();

  @override
  String get _name => 'LibraryException';
}

/// A callback of the app threw or took too long:
/// `ReconnectOptions.onReconnected`, or the `findTarget` of `connectTo`.
final class CallbackException extends ConnectException {
  /// Creates the exception for a callback that threw [error].
  const CallbackException(super.message, this.error, this.stackTrace)
    : super._();

  /// What it threw; a [TimeoutException] if it took too long.
  final Object error;

  /// The stack trace of [error].
  final StackTrace stackTrace;

  @override
  String get _name => 'CallbackException';
}

/// A failure that dart:io reports as a `SocketException`.
sealed class _SocketFailure extends ConnectException
    implements io.SocketException {
  const _SocketFailure(super.message, {this.osError, this.port}) : super._();

  @override
  final io.OSError? osError;

  /// The port of the URL, if it has one.
  @override
  final int? port;

  /// Null, since several addresses may have been tried.
  @override
  io.InternetAddress? get address => null;
}

/// A failure that dart:io reports as an `HttpException`.
sealed class _HttpFailure extends ConnectException implements io.HttpException {
  const _HttpFailure(super.message, {this.uri}) : super._();

  /// The requested URL, without user info and query, which may contain
  /// credentials.
  @override
  final Uri? uri;
}
