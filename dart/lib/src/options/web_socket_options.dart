import 'deflate_options.dart';
import 'proxy_options.dart';
import 'tls_options.dart';

/// Options of a connection. The defaults suit most apps.
final class WebSocketOptions {
  /// Creates options with these values.
  const WebSocketOptions({
    this.closeTimeout = const Duration(seconds: 5),
    this.maxPingInterval,
    this.pongTimeout,
    this.idleTimeout,
    this.tcpKeepAlive,
    this.tcpUserTimeout,
    this.maxMessageSize = 64 * 1024 * 1024,
    this.maxFrameSize = 64 * 1024,
    this.maxBufferedAmount,
    this.receiveProgressStep,
    this.textAsBytes = false,
    this.tracePayloadSize = 0,
    this.maxRedirects = 5,
    this.compression = const DeflateOptions(),
    this.maxHeaderSize = 64 * 1024,
    this.tls = const TlsOptions(),
    this.proxy = const ProxyOptions.none(),
    this.address,
  });

  /// How long a close waits for the peer's Close frame while no buffered data
  /// can be sent (RFC 6455 section 7.1.1). Default: 5 seconds, as in dart:io.
  final Duration closeTimeout;

  /// The longest interval of pings. On a connection without messages the
  /// interval doubles with each ping, from `pingInterval` up to this, which
  /// saves a phone's battery. After the next message it is `pingInterval`
  /// again. If that message is sent, a ping follows right behind it, so that a
  /// lost connection is noticed within [pongTimeout]. A server or a router may
  /// end a connection that is quiet for longer than it allows. Default:
  /// `pingInterval`, so the interval does not grow. Ignored in a browser.
  final Duration? maxPingInterval;

  /// How long nothing may be received after a ping (RFC 6455 section 5.5.3)
  /// before the connection ends with code 1001. Data that was sent before the
  /// ping extends the limit as long as the server accepts more of it. A call of
  /// `ping()` has the same limit for its pong, and then fails with a
  /// `TimeoutException`. Default: the ping interval. Ignored in a browser.
  final Duration? pongTimeout;

  /// How long the connection may receive no bytes before it ends with code
  /// 1001. Pongs count as received; time in which the listener pauses does not
  /// count. Default: no limit. Ignored in a browser.
  final Duration? idleTimeout;

  /// The idle time after which TCP sends keep-alive probes, and the interval
  /// between them (RFC 9293 section 3.8.4). Without an answer the connection
  /// ends with code 1006. Probes cost less than pings and prove less: a proxy
  /// may answer them. At least a second. Default: no probes. Ignored in a
  /// browser.
  final Duration? tcpKeepAlive;

  /// How long sent data may stay unacknowledged before TCP ends the connection,
  /// with code 1006 (RFC 5482). Default: the system's, about 15 minutes on
  /// Linux. Ignored on iOS, macOS and Windows, which have no such limit, and in
  /// a browser.
  final Duration? tcpUserTimeout;

  /// The largest message to accept, in bytes of payload (UTF-8 for text) after
  /// inflating. A larger one ends the connection with code 1009. Default: 64
  /// MiB. The limit protects the memory of a phone: compressed data may inflate
  /// to a thousand times its size. More than 1 GiB, on a 32-bit system 256 MiB,
  /// is never accepted. Ignored in a browser, which has received the message
  /// already.
  final int maxMessageSize;

  /// The largest payload of a data frame to send, in bytes on the wire. A
  /// larger message is sent in fragments (RFC 6455 section 5.4), with control
  /// frames between them: a server whose ping waits behind a long upload may
  /// end the connection. Null sends each message as one frame, for a server
  /// that does not accept fragments. Default: 64 KiB. Ignored in a browser,
  /// which decides by itself.
  final int? maxFrameSize;

  /// The limit of `bufferedAmount`, in bytes of payload. A send that would
  /// exceed it throws a `SendBufferFullException` and has no other effect. An
  /// added stream waits instead, unless one message alone exceeds the limit.
  /// Default: no limit.
  final int? maxBufferedAmount;

  /// The number of bytes of a message between two events of `receiveProgress`.
  /// Default: no events. Ignored in a browser.
  final int? receiveProgressStep;

  /// Whether a text message arrives as its UTF-8 bytes, a `Uint8List`. The
  /// listener then can't tell it from a binary message. Text that is not UTF-8
  /// ends the connection with code 1007, as always.
  ///
  /// It is for text that is only passed on, and for JSON: the following decodes
  /// the bytes without a `String` of the whole text. Default: false. In a
  /// browser, which has made a `String` already, the text is encoded again.
  ///
  /// ```dart
  /// import 'dart:convert';
  /// import 'dart:typed_data';
  ///
  /// Object? decode(Uint8List message) =>
  ///     utf8.decoder.fuse(json.decoder).convert(message);
  /// ```
  ///
  /// `RustWebSocket` has a `BinaryDataReceived` for each message then, and
  /// `Heartbeat.isAnswer` is called with the bytes.
  final bool textAsBytes;

  /// The number of bytes of each payload that `trace` contains, at most 16384.
  /// They may contain secrets. Default: 0. Ignored in a browser.
  final int tracePayloadSize;

  /// How messages are compressed. Default: as in dart:io, except that small
  /// messages are not compressed. Ignored in a browser, which decides by
  /// itself.
  final DeflateOptions compression;

  /// How a `wss` connection is secured. Ignored in a browser.
  final TlsOptions tls;

  /// The largest number of redirects to follow (RFC 9110 section 15.4). With 0
  /// a redirect is an `UpgradeRefusedException`. Credentials are not sent to
  /// another origin, and never from wss to ws. Default: 5. Ignored in a
  /// browser, which follows none.
  final int maxRedirects;

  /// The largest header of the server's response to the upgrade, in bytes,
  /// including interim responses (RFC 9110 section 15.2); and that of a proxy's
  /// response to CONNECT. A larger one is a `BadReplyException`, or a
  /// `ProxyException`, that names this option. Default: 64 KiB. Ignored in a
  /// browser.
  final int maxHeaderSize;

  /// The proxy. Default: none. Ignored in a browser.
  final ProxyOptions proxy;

  /// The address to connect to instead of the URL's host. Default: null.
  /// Ignored in a browser.
  final ConnectAddress? address;
}
