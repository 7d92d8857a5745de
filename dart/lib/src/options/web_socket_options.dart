import 'deflate_options.dart';
import 'proxy_options.dart';
import 'tls_options.dart';

/// How to keep a connection. Each option has a default that suits most apps.
final class WebSocketOptions {
  /// Options with these values; what is left out keeps its default.
  const WebSocketOptions({
    this.closeTimeout = const Duration(seconds: 5),
    this.pongTimeout,
    this.idleTimeout,
    this.tcpKeepAlive,
    this.tcpUserTimeout,
    this.maxMessageSize = 64 * 1024 * 1024,
    this.maxFrameSize = 64 * 1024,
    this.maxBufferedAmount,
    this.receiveProgressStep,
    this.tracePayloadSize = 0,
    this.maxRedirects = 5,
    this.compression = const DeflateOptions(),
    this.maxHeaderSize = 64 * 1024,
    this.tls = const TlsOptions(),
    this.proxy = const ProxyOptions.none(),
    this.address,
  });

  /// How long a close may wait for the peer's Close frame while nothing more
  /// can be sent (RFC 6455 section 7.1.1). Default: 5 seconds, as dart:io has
  /// it.
  final Duration closeTimeout;

  /// How long a pong (RFC 6455 section 5.5.3) may take before the connection
  /// ends with code 1001. An upload that is ahead of the ping extends it for as
  /// long as the server takes more of it. It limits a `ping()` as well, which
  /// then has a `TimeoutException`. Default: the ping interval. Ignored in a
  /// browser.
  final Duration? pongTimeout;

  /// How long nothing at all may be received, neither message nor pong, before
  /// the connection ends with code 1001. Time in which the listener pauses does
  /// not count. Default: no limit. Ignored in a browser.
  final Duration? idleTimeout;

  /// After so long without traffic TCP asks the server whether it is still
  /// there, and goes on to at the same interval (RFC 9293 section 3.8.4); the
  /// connection ends with code 1006 if it is not. It costs less than a ping and
  /// sees less: a proxy may answer. At least a second. Default: never. Ignored
  /// in a browser.
  final Duration? tcpKeepAlive;

  /// How long the server may leave what was sent unacknowledged before TCP
  /// gives the line up, with code 1006 (RFC 5482). Default: the system's, about
  /// 15 minutes on Linux. Ignored on iOS, macOS and Windows, which have no such
  /// limit, and in a browser.
  final Duration? tcpUserTimeout;

  /// The largest message to accept, in bytes of payload (UTF-8 for text) as it
  /// is after inflating; a larger one ends the connection with code 1009.
  /// Default: 64 MiB, since a server could fill the memory of a phone with a
  /// thousandth of it in compressed bytes. A larger value lifts the limit; more
  /// than 1 GiB, on a 32-bit system 256 MiB, is never accepted. Ignored in a
  /// browser, which has received the message already.
  final int maxMessageSize;

  /// The largest payload of a data frame to send, in bytes as they are on the
  /// wire. A larger message is sent in fragments (RFC 6455 section 5.4), and
  /// pings, pongs and Close frames go between them: a server whose ping waits
  /// behind a long upload may end the connection. Null sends each message as
  /// one frame, for a server that does not accept fragments. Default: 64 KiB.
  /// Ignored in a browser, which decides by itself.
  final int? maxFrameSize;

  /// How many bytes of payload may be buffered, that is, sent and not yet with
  /// the operating system. A message that would make it more is refused with a
  /// `SendBufferFullException` by the call that sends it, and nothing else
  /// happens; a stream that is added waits instead, unless one message alone is
  /// larger. Default: as many as the memory holds.
  final int? maxBufferedAmount;

  /// After how many more bytes of a message `receiveProgress` has an event.
  /// Default: it has none. Ignored in a browser.
  final int? receiveProgressStep;

  /// How many bytes of each frame's payload are in `trace`, at most 16384. They
  /// may be secrets. Default: 0. Ignored in a browser.
  final int tracePayloadSize;

  /// How messages are compressed. Default: as dart:io does it, but small
  /// messages not at all. Ignored in a browser, which decides by itself.
  final DeflateOptions compression;

  /// How a `wss` connection is secured. Ignored in a browser.
  final TlsOptions tls;

  /// How many redirects (RFC 9110 section 15.4) are followed, one after another;
  /// with 0 a redirect is a refusal. Credentials do not go to another origin,
  /// and never from wss to ws. Default: 5. Ignored in a browser, which follows
  /// none.
  final int maxRedirects;

  /// The largest header to read of the server's response to the upgrade, in
  /// bytes, together with any interim responses (RFC 9110 section 15.2) before
  /// it, and likewise of a proxy's to CONNECT. A larger one is a
  /// `BadReplyException`, or a `ProxyException`, that names this option.
  /// Default: 64 KiB. Ignored in a browser.
  final int maxHeaderSize;

  /// What is between this device and the server. Default: nothing. Ignored in a
  /// browser.
  final ProxyOptions proxy;

  /// Where to connect instead of the URL's host. Default: there. Ignored in a
  /// browser.
  final ConnectAddress? address;
}
