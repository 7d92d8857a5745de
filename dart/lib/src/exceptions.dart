import 'dart:async' show TimeoutException;
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketException;

import 'io.dart' as io;

/// The cause of a connect that failed.
///
/// Each case is also the dart:io exception (and [WebSocketException]) that apps
/// written for dart:io's sockets match on. Messages name host and port, never
/// credentials. The family is sealed: a `switch` over all cases needs no
/// default.
///
/// | case | is also | thrown in a browser |
/// |---|---|---|
/// | [InvalidRequestException] | dart:io's `WebSocketException` | yes |
/// | [HostLookupException] | `SocketException` | no |
/// | [ConnectionRefusedException] | `SocketException` | no |
/// | [UnreachableException] | `SocketException` | no |
/// | [ConnectTimeoutException] | [TimeoutException] | yes |
/// | [TlsHandshakeException] | `HandshakeException` | no |
/// | [ProxyException] | `HttpException` | no |
/// | [UpgradeRefusedException] | `HttpException` and dart:io's `WebSocketException` | no |
/// | [BadReplyException] | `HttpException` and dart:io's `WebSocketException` | no |
/// | [BrowserConnectException] | | yes, for all of the above |
/// | [CancelledException] | | no |
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

/// The URL, a header or an option is invalid; nothing was sent.
final class InvalidRequestException extends ConnectException
    implements io.WebSocketException {
  /// A request that can't be made, with the cause.
  const InvalidRequestException(super.message) : super._();

  /// Null: nothing was asked for.
  @override
  int? get httpStatusCode => null;

  @override
  String get _name => 'InvalidRequestException';
}

/// The host name has no address: it is wrong, or the device is offline.
final class HostLookupException extends _SocketFailure {
  /// A failed lookup, with the operating system's error.
  const HostLookupException(super.message, {super.osError, super.port});

  @override
  String get _name => 'HostLookupException';
}

/// No server listens on the port of the URL.
final class ConnectionRefusedException extends _SocketFailure {
  /// A refused connection, with the operating system's error.
  const ConnectionRefusedException(super.message, {super.osError, super.port});

  @override
  String get _name => 'ConnectionRefusedException';
}

/// There is no route to the host.
final class UnreachableException extends _SocketFailure {
  /// An unreachable host, with the operating system's error.
  const UnreachableException(super.message, {super.osError, super.port});

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

/// The TLS handshake failed (RFC 8446): the server is not trusted, or there was
/// no agreement.
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

  /// The certificate is trusted, and its key is none of `TlsOptions.pins`.
  pinMismatch,

  /// Anything else: no TLS on that port, no version or cipher in common, a
  /// client certificate that the server asks for.
  handshake,
}

/// The proxy did not make the connection that it was asked for, or its tunnel
/// ended before the WebSocket was open.
///
/// A client can't distinguish whether the proxy or the server ended a tunnel.
/// The message says how far the connect had come.
final class ProxyException extends _HttpFailure {
  /// A refusal, or another failure, of a proxy.
  const ProxyException(super.message, {this.statusCode, super.uri});

  /// The HTTP status that the proxy answered CONNECT with (RFC 9110 section
  /// 9.3.6): 407 if it wants credentials, 403 if it forbids the server, 502 to
  /// 504 if it does not reach it, 200 if its tunnel ended too early; null if it
  /// gave none.
  final int? statusCode;

  @override
  String get _name => 'ProxyException';
}

/// The server answered the upgrade with another status than 101 (RFC 6455
/// section 4.1).
final class UpgradeRefusedException extends _HttpFailure
    implements io.WebSocketException {
  /// A refusal, as the server put it.
  const UpgradeRefusedException(
    super.message, {
    required this.statusCode,
    required this.headers,
    required this.body,
    super.uri,
  });

  /// The HTTP status.
  final int statusCode;

  /// [statusCode], by the name that dart:io has for it.
  @override
  int get httpStatusCode => statusCode;

  /// The HTTP header; names in lower case.
  final Map<String, List<String>> headers;

  /// The start of the body: at most 4 KiB, and what came within a second and
  /// within the connect timeout.
  final Uint8List body;

  @override
  String get _name => 'UpgradeRefusedException';
}

/// The reply is not a WebSocket handshake, it is incomplete, or its header is
/// larger than `WebSocketOptions.maxHeaderSize`.
final class BadReplyException extends _HttpFailure
    implements io.WebSocketException {
  /// A reply that is no WebSocket handshake.
  const BadReplyException(super.message, {super.uri});

  /// Null, since there may be no status.
  @override
  int? get httpStatusCode => null;

  @override
  String get _name => 'BadReplyException';
}

/// The browser could not connect. It does not tell pages the cause (WHATWG
/// WebSockets, section 4), and writes it to its console only.
final class BrowserConnectException extends ConnectException {
  /// A failure without a cause.
  const BrowserConnectException(super.message) : super._();

  @override
  String get _name => 'BrowserConnectException';
}

/// The connect was cancelled: the connection was closed before it was open.
final class CancelledException extends ConnectException {
  /// A cancelled connect.
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

/// A callback of the app threw, or took too long:
/// `ReconnectOptions.onReconnected`, or the one that returns what to connect to.
final class CallbackException extends ConnectException {
  /// A callback that threw [error].
  const CallbackException(super.message, this.error, this.stackTrace)
    : super._();

  /// What it threw: a [TimeoutException] if it took too long.
  final Object error;

  /// The stack trace of [error].
  final StackTrace stackTrace;

  @override
  String get _name => 'CallbackException';
}

/// What is a `SocketException` in dart:io.
sealed class _SocketFailure extends ConnectException
    implements io.SocketException {
  const _SocketFailure(super.message, {this.osError, this.port}) : super._();

  @override
  final io.OSError? osError;

  /// The port of the URL, if it names one.
  @override
  final int? port;

  /// Not told, since several addresses may have been tried.
  @override
  io.InternetAddress? get address => null;
}

/// What is an `HttpException` in dart:io.
sealed class _HttpFailure extends ConnectException implements io.HttpException {
  const _HttpFailure(super.message, {this.uri}) : super._();

  /// What was asked for, without credentials and without the query, which may
  /// have some.
  @override
  final Uri? uri;
}
