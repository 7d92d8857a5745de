import '../exceptions/connect_exception.dart';
import '../inspector/inspected_channel.dart';
import '../options/deflate_options.dart';
import '../options/web_socket_options.dart';
import 'connect_target.dart';

/// The checked arguments of `connect`.
final class ConnectionRequest {
  /// Checks the arguments; [url] is a [String] or a [Uri], and [compression]
  /// replaces that of [options].
  ///
  /// Throws a [FormatException] for a string that is not a URL, an
  /// [InvalidRequestException] for a URL that is not a WebSocket's, and an
  /// [ArgumentError] for an invalid header, subprotocol, duration or size.
  ConnectionRequest(
    Object url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    this.pingInterval,
    this.connectTimeout,
    this.options = const WebSocketOptions(),
    DeflateOptions? compression,
    this.deliversWhileClosing = false,
  }) : compression = compression ?? options.compression,
       url = _parseUrl(url),
       protocols = _checkedProtocols(protocols),
       headers = _checkedFields(headers),
       delay = Duration.zero {
    _checkDuration(pingInterval, 'pingInterval');
    _checkDuration(connectTimeout, 'connectTimeout');
    _checkDuration(options.closeTimeout, 'options.closeTimeout');
    _checkDuration(options.maxPingInterval, 'options.maxPingInterval');
    _checkDuration(options.pongTimeout, 'options.pongTimeout');
    _checkDuration(options.idleTimeout, 'options.idleTimeout');
    _checkDuration(options.tcpUserTimeout, 'options.tcpUserTimeout');
    final keepAlive = options.tcpKeepAlive;
    if (keepAlive != null && keepAlive < const Duration(seconds: 1)) {
      throw ArgumentError.value(
        keepAlive,
        'options.tcpKeepAlive',
        'must be at least a second',
      );
    }
    final redirects = options.maxRedirects;
    if (redirects < 0 || redirects > 0xffffffff) {
      throw ArgumentError.value(
        redirects,
        'options.maxRedirects',
        'must be >= 0',
      );
    }
    final deflate = this.compression;
    _checkRange(deflate.level, 1, 9, 'level');
    _checkRange(deflate.threshold, 0, 0xffffffff, 'threshold');
    _checkRange(deflate.serverMaxWindowBits, 8, 15, 'serverMaxWindowBits');
    _checkRange(deflate.clientMaxWindowBits, 8, 15, 'clientMaxWindowBits');
    final headerSize = options.maxHeaderSize;
    if (headerSize <= 0 || headerSize > 0xffffffff) {
      throw ArgumentError.value(
        headerSize,
        'options.maxHeaderSize',
        'must be > 0',
      );
    }
    final port = options.address?.port;
    if (port != null && (port < 1 || port > 0xffff)) {
      throw ArgumentError.value(
        port,
        'options.address.port',
        'must be 1 to 65535',
      );
    }
    final tls = options.tls;
    if (tls.dangerouslyAcceptAnyCertificate &&
        !tls.dangerouslyAlsoInRelease &&
        const bool.fromEnvironment('dart.vm.product')) {
      throw ArgumentError.value(
        true,
        'options.tls.dangerouslyAcceptAnyCertificate',
        'is not for a release build',
      );
    }
    if (tls.pins.any((pin) => pin.length != 32)) {
      throw ArgumentError.value(
        tls.pins,
        'options.tls.pins',
        'must be SHA-256 hashes of 32 bytes',
      );
    }
    _checkSize(options.maxMessageSize, 'options.maxMessageSize');
    _checkSize(options.maxFrameSize, 'options.maxFrameSize');
    _checkSize(options.maxBufferedAmount, 'options.maxBufferedAmount');
    _checkSize(options.receiveProgressStep, 'options.receiveProgressStep');
    RangeError.checkValueInInterval(
      options.tracePayloadSize,
      0,
      16 * 1024,
      'options.tracePayloadSize',
    );
  }

  ConnectionRequest._attempt(
    ConnectionRequest all,
    this.url,
    this.protocols,
    this.headers, {
    required this.connectTimeout,
    required this.delay,
  }) : pingInterval = all.pingInterval,
       options = all.options,
       compression = all.compression,
       deliversWhileClosing = all.deliversWhileClosing;

  /// The request of one of several attempts: to [target], or to the same URL
  /// without one. Throws what the constructor throws.
  ConnectionRequest forAttempt({
    ConnectTarget? target,
    required Duration? connectTimeout,
    required Duration delay,
  }) => ConnectionRequest._attempt(
    this,
    target == null ? url : _parseUrl(target.url),
    target == null ? protocols : _checkedProtocols(target.protocols),
    target == null ? headers : _checkedFields(target.headers),
    connectTimeout: connectTimeout,
    delay: delay,
  );

  /// The URL of a request whose attempts each have a target.
  static const unknownUrl = 'ws://localhost';

  /// Throws an [ArgumentError] if the scheme of [url] is neither ws nor wss.
  static void checkScheme(Uri url) {
    if (!url.isScheme('ws') && !url.isScheme('wss')) {
      // Without the URL, which may have credentials.
      throw ArgumentError('must have the scheme ws or wss', 'url');
    }
  }

  /// A `ws` or `wss` URL with a host.
  final Uri url;

  /// Subprotocols to offer, in order of preference.
  final List<String> protocols;

  /// Fields to add to the upgrade request.
  final List<({String name, String value})> headers;

  /// How long nothing may be received until a ping is sent.
  final Duration? pingInterval;

  /// Limit for the connect.
  final Duration? connectTimeout;

  /// How long to wait before dialling. [connectTimeout] begins after it, and a
  /// close during it cancels the connect at once. Ignored in a browser.
  final Duration delay;

  /// How messages are compressed.
  final DeflateOptions compression;

  /// Whether messages are delivered that arrive between a close by this side and
  /// the peer's Close frame. Ignored in a browser, which drops them.
  final bool deliversWhileClosing;

  /// The other options.
  final WebSocketOptions options;

  /// The reconnecting channel that connects, if there is one and an inspector.
  InspectedChannel? channel;

  /// The error when the server chose a subprotocol that was not offered. It
  /// does not contain the subprotocol, which may be secret.
  static const protocolNotOffered =
      'The server chose a subprotocol that was not offered';

  /// Whether [protocol] is offered: in [protocols], or in a field of [headers].
  bool offers(String protocol) =>
      protocols.contains(protocol) ||
      headers.any(
        (field) =>
            field.name.toLowerCase() == 'sec-websocket-protocol' &&
            field.value.split(',').any((item) => item.trim() == protocol),
      );

  static Uri _parseUrl(Object url) {
    final uri = url is Uri ? url : _parse('$url');
    if (!uri.isScheme('ws') && !uri.isScheme('wss')) {
      throw InvalidRequestException(
        "Unsupported URL scheme '${uri.scheme}': use ws or wss",
      );
    }
    if (uri.host.isEmpty) {
      throw const InvalidRequestException('The URL has no host');
    }
    return uri;
  }

  static Uri _parse(String url) {
    try {
      return Uri.parse(url);
    } on FormatException catch (error) {
      // Without the URL, which may have credentials.
      throw FormatException(error.message, null, error.offset);
    }
  }

  // RFC 9110 section 5.6.2.
  static final _token = RegExp(r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$");
  static final _lineBreak = RegExp('[\r\n\x00]');

  static List<String> _checkedProtocols(Iterable<String>? protocols) {
    final list = List<String>.unmodifiable(protocols ?? const <String>[]);
    if (!list.every(_token.hasMatch)) {
      // Without the value, which may be a secret.
      throw ArgumentError('must be HTTP tokens', 'protocols');
    }
    return list;
  }

  static List<({String name, String value})> _checkedFields(
    Map<String, dynamic>? headers,
  ) => [
    for (final MapEntry(:key, :value) in (headers ?? const {}).entries)
      for (final item in value is Iterable ? value : [value])
        _checkedField(key, item),
  ];

  static ({String name, String value}) _checkedField(
    String name,
    Object? item,
  ) {
    if (!_token.hasMatch(name)) {
      throw ArgumentError.value(name, 'headers', 'is no HTTP token');
    }
    if (item == null) throw ArgumentError.notNull('headers[$name]');
    final value = '$item';
    // A line break could add header fields or a second request.
    if (value.contains(_lineBreak)) {
      // Without the value, which may be a secret.
      throw ArgumentError('must have no line break or NUL', 'headers[$name]');
    }
    return (name: name, value: value);
  }

  static void _checkRange(int value, int least, int most, String name) =>
      RangeError.checkValueInInterval(
        value,
        least,
        most,
        'options.compression.$name',
      );

  static void _checkSize(int? size, String name) {
    if (size != null && size <= 0) {
      throw ArgumentError.value(size, name, 'must be > 0');
    }
  }

  static void _checkDuration(Duration? duration, String name) {
    if (duration != null && duration <= Duration.zero) {
      throw ArgumentError.value(duration, name, 'must be > 0');
    }
  }
}
