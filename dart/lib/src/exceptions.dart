import 'dart:async' show TimeoutException;
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketException;

import 'io.dart' as io;

/// Why a connection was not made.
///
/// Each case is also the dart:io exception (and [WebSocketException]) that apps
/// written for dart:io's sockets match on. Messages name host and port, never
/// credentials. The family is sealed: a `switch` over all cases needs no
/// default.
///
/// | case | is also | thrown in a browser |
/// |---|---|---|
/// | [InvalidRequestException] | | yes |
/// | [HostLookupException] | `SocketException` | no |
/// | [ConnectionRefusedException] | `SocketException` | no |
/// | [UnreachableException] | `SocketException` | no |
/// | [ConnectTimeoutException] | [TimeoutException] | yes |
/// | [TlsHandshakeException] | `HandshakeException` | no |
/// | [ProxyException] | `HttpException` | no |
/// | [UpgradeRefusedException] | `HttpException` | no |
/// | [BadReplyException] | `HttpException` | no |
/// | [BrowserConnectException] | | yes, for all of the above |
/// | [CancelledException] | | no |
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

/// More would be buffered than `WebSocketOptions.maxBufferedAmount` allows.
///
/// Nothing of the message was sent, and the connection stays open: send it again
/// after `flush()`, or drop it.
final class SendBufferFullException implements WebSocketException {
  /// A message that was refused.
  const SendBufferFullException();

  @override
  String get message =>
      'More would be buffered than options.maxBufferedAmount: await flush()';

  @override
  String toString() => 'SendBufferFullException: $message';
}

/// The URL, a header or an option can't be used; nothing was sent.
final class InvalidRequestException extends ConnectException {
  /// A request that can't be made, with the cause.
  const InvalidRequestException(super.message) : super._();

  @override
  String get _name => 'InvalidRequestException';
}

/// The host name has no address: it is wrong, or the device is offline.
final class HostLookupException extends ConnectException with _SocketException {
  /// A failed lookup, with the operating system's error.
  const HostLookupException(super.message, {this.osError, this.port})
    : super._();

  @override
  final io.OSError? osError;

  @override
  final int? port;

  @override
  String get _name => 'HostLookupException';
}

/// Nobody listens on the port of the URL.
final class ConnectionRefusedException extends ConnectException
    with _SocketException {
  /// A refused connection, with the operating system's error.
  const ConnectionRefusedException(super.message, {this.osError, this.port})
    : super._();

  @override
  final io.OSError? osError;

  @override
  final int? port;

  @override
  String get _name => 'ConnectionRefusedException';
}

/// There is no way to the host.
final class UnreachableException extends ConnectException
    with _SocketException {
  /// An unreachable host, with the operating system's error.
  const UnreachableException(super.message, {this.osError, this.port})
    : super._();

  @override
  final io.OSError? osError;

  @override
  final int? port;

  @override
  String get _name => 'UnreachableException';
}

/// The connect took longer than its limit, and its socket was given up.
final class ConnectTimeoutException extends ConnectException
    implements TimeoutException {
  /// A connect that ran into [duration].
  const ConnectTimeoutException(super.message, this.duration) : super._();

  /// The limit.
  @override
  final Duration? duration;

  @override
  String get _name => 'ConnectTimeoutException';
}

/// The server could not be trusted, or would not speak TLS (RFC 8446).
final class TlsHandshakeException extends ConnectException
    implements io.HandshakeException {
  /// A failed handshake, with the cause.
  const TlsHandshakeException(
    super.message, {
    this.failure = TlsFailure.handshake,
    this.osError,
  }) : super._();

  /// What is wrong.
  final TlsFailure failure;

  @override
  final io.OSError? osError;

  @override
  String get type => _name;

  @override
  String get _name => 'TlsHandshakeException';
}

/// What is wrong with a TLS handshake.
enum TlsFailure {
  /// Nobody who is trusted has signed the server's certificate: the authority
  /// may have to be added to `TlsOptions.roots`.
  untrusted,

  /// The certificate is past its time, or the device's clock is wrong.
  expired,

  /// The certificate's time has not come, or the device's clock is wrong.
  notYetValid,

  /// The certificate is for another host.
  wrongHost,

  /// The certificate is in one of `TlsOptions.revocationLists`.
  revoked,

  /// The certificate is trusted, and its key is none of `TlsOptions.pins`.
  pinMismatch,

  /// Anything else: no TLS on that port, no version or cipher in common, a
  /// client certificate that the server asks for.
  handshake,
}

/// The proxy did not make the connection that it was asked for.
final class ProxyException extends ConnectException
    implements io.HttpException {
  /// A refusal, or another failure, of a proxy.
  const ProxyException(super.message, {this.statusCode, this.uri}) : super._();

  /// The HTTP status that the proxy answered CONNECT with (RFC 9110 section
  /// 9.3.6); null if it gave none.
  final int? statusCode;

  /// What the proxy was asked for.
  @override
  final Uri? uri;

  @override
  String get _name => 'ProxyException';
}

/// The server answered the upgrade with another status than 101 (RFC 6455
/// section 4.1).
final class UpgradeRefusedException extends ConnectException
    implements io.HttpException {
  /// A refusal, as the server put it.
  const UpgradeRefusedException(
    super.message, {
    required this.statusCode,
    required this.headers,
    required this.body,
    this.uri,
  }) : super._();

  /// The HTTP status.
  final int statusCode;

  /// The HTTP header; names in lower case.
  final Map<String, List<String>> headers;

  /// The start of the body: at most 4 KiB.
  final Uint8List body;

  @override
  final Uri? uri;

  @override
  String get _name => 'UpgradeRefusedException';
}

/// What answered is no WebSocket server, or it broke off.
final class BadReplyException extends ConnectException
    implements io.HttpException {
  /// A reply that is no WebSocket handshake.
  const BadReplyException(super.message, {this.uri}) : super._();

  @override
  final Uri? uri;

  @override
  String get _name => 'BadReplyException';
}

/// The browser could not connect. It tells no page the cause (WHATWG
/// WebSockets, section 4), only its own console.
final class BrowserConnectException extends ConnectException {
  /// A failure without a cause.
  const BrowserConnectException(super.message) : super._();

  @override
  String get _name => 'BrowserConnectException';
}

/// The connection was let go before it was open.
final class CancelledException extends ConnectException {
  /// A connect that nobody waits for any more.
  const CancelledException(super.message) : super._();

  @override
  String get _name => 'CancelledException';
}

/// The native library could not be loaded, or failed.
final class LibraryException extends ConnectException {
  /// A failure of the library, with the cause.
  const LibraryException(super.message) : super._();

  @override
  String get _name => 'LibraryException';
}

/// The part of dart:io's `SocketException` that is the same for all.
mixin _SocketException implements io.SocketException {
  /// Not told, since several addresses may have been tried.
  @override
  io.InternetAddress? get address => null;
}
