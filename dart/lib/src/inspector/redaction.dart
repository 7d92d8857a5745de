/// What the inspector shows of URLs, header fields and subprotocols, which may
/// contain secrets. Nothing here throws.
library;

/// Stands for a part that is hidden.
const hidden = '…';

/// The text of [url] without its secrets: see [shownLocation].
String shownUrl(Uri url, {required bool showsSecrets}) =>
    shownLocation(url.toString(), showsSecrets: showsSecrets);

/// The text of the URL or relative reference [location], which may be invalid.
///
/// Unless [showsSecrets], these are replaced by `…`: user information, values
/// of the query, path segments of 32 characters or more, and values of
/// parameters in the path (`;jsessionid=…`). The fragment is omitted. A
/// reference that can't be divided into its parts is hidden as a whole.
String shownLocation(String location, {required bool showsSecrets}) {
  if (showsSecrets) return location;
  // It matches every string.
  final parts = _reference.firstMatch(location)!;
  final authority = parts.namedGroup('authority');
  final shown = StringBuffer();
  if (parts.namedGroup('scheme') case final scheme?) {
    // Without an authority it may be `user:password@host`.
    if (authority == null || !_scheme.hasMatch(scheme)) return hidden;
    shown.write('$scheme:');
  }
  if (authority != null) {
    final at = authority.lastIndexOf('@');
    final host = authority.substring(at + 1);
    // With another port it may be the start of a password that contains `/`.
    if (!_host.hasMatch(host)) return hidden;
    shown.write('//${at > 0 ? '$hidden@' : ''}$host');
  }
  shown.write(parts.namedGroup('path')!.split('/').map(_segment).join('/'));
  if (parts.namedGroup('query') case final query?) {
    shown.write('?');
    if (query.isNotEmpty) shown.write(query.split('&').map(_pair).join('&'));
  }
  return shown.toString();
}

/// The regular expression of RFC 3986, appendix B, without the fragment.
final _reference = RegExp(
  r'^(?:(?<scheme>[^:/?#]+):)?(?://(?<authority>[^/?#]*))?'
  r'(?<path>[^?#]*)(?:\?(?<query>[^#]*))?',
);

final _scheme = RegExp(r'^[a-z][a-z0-9+.-]*$', caseSensitive: false);

final _host = RegExp(r'^(?:\[[^\[\]@]*\]|[^\[\]:@\s]*)(?::\d*)?$');

/// Tokens and ids are at least this long; names are shorter.
const _longest = 31;

String _segment(String segment) {
  if (segment.length > _longest) return hidden;
  final at = segment.lastIndexOf('@');
  if (at > 0) return '$hidden${_segment(segment.substring(at))}';
  final [name, ...parameters] = segment.split(';');
  return [
    name.contains('=') ? _pair(name) : name,
    ...parameters.map(_pair),
  ].join(';');
}

/// A parameter without its value.
String _pair(String pair) {
  final end = pair.indexOf('=');
  if (end < 1 || end > _longest) return pair.isEmpty ? '' : hidden;
  final name = pair.substring(0, end);
  final value = pair.substring(end + 1);
  // Base64 ends with `=` or `==`: then it is not a name.
  final isName = _name.hasMatch(name) && value.replaceAll('=', '').isNotEmpty;
  return isName ? '$name=$hidden' : hidden;
}

final _name = RegExp(r'^(?:[\w.$\[\]-]|%5[bd])+$', caseSensitive: false);

/// The value of a header field, or null if it is hidden.
///
/// Unless [showsSecrets], only fields that are known to have no secrets are
/// shown. Apps and proxies invent names for tokens, so every other is hidden.
String? shownValue(
  String fieldName,
  String value, {
  required bool showsSecrets,
}) {
  if (showsSecrets) return value;
  final name = fieldName.toLowerCase();
  if (_shownFields.contains(name)) return value;
  if (_urlFields.contains(name)) {
    return shownLocation(value, showsSecrets: false);
  }
  if (name == 'sec-websocket-protocol') {
    return value
        .split(',')
        .map((it) => shownProtocol(it.trim(), showsSecrets: false) ?? hidden)
        .join(', ');
  }
  return null;
}

/// Header fields whose values are shown, in lower case.
///
/// Not among them, though they have no secret as a rule: `WWW-Authenticate`
/// (Negotiate sends tokens in it), `Content-Security-Policy` and `Link`
/// (nonces, URLs), `Sec-WebSocket-Key` and `-Accept` (random, useless to know).
const _shownFields = {
  'accept',
  'accept-encoding',
  'accept-language',
  'age',
  'allow',
  'alt-svc',
  'cache-control',
  'connection',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'date',
  'expires',
  'host',
  'keep-alive',
  'last-modified',
  'pragma',
  'proxy-connection',
  'retry-after',
  'sec-websocket-extensions',
  'sec-websocket-version',
  'server',
  'strict-transport-security',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'vary',
  'via',
  'x-content-type-options',
  'x-frame-options',
  'x-powered-by',
};

/// Header fields whose values are URLs, in lower case.
const _urlFields = {'content-location', 'location', 'origin', 'referer'};

/// The subprotocol [protocol], or null if it is hidden.
///
/// Unless [showsSecrets], only well-known names are shown: apps that can't set
/// a header field pass tokens as subprotocols, and servers echo them.
String? shownProtocol(String protocol, {required bool showsSecrets}) =>
    showsSecrets ||
        protocol.isEmpty ||
        _knownProtocols.contains(protocol.toLowerCase())
    ? protocol
    : null;

/// Well-known subprotocols, in lower case: those of IANA's WebSocket Subprotocol
/// Name Registry that are in use, and those of widespread frameworks.
const _knownProtocols = {
  // GraphQL: graphql-ws, subscriptions-transport-ws (which has the name
  // `graphql-ws`) with its predecessor, AWS AppSync.
  'graphql-transport-ws', 'graphql-ws', 'graphql-subscriptions',
  'aws-appsync-event-ws',
  // Messaging.
  'amqp', 'mqtt', 'mqttv3.1', 'stomp', 'v10.stomp', 'v11.stomp', 'v12.stomp',
  'xmpp', 'jmap', 'msrp', 'text.ircv3.net', 'binary.ircv3.net', 't140',
  'centrifuge-json', 'centrifuge-protobuf',
  'json.webpubsub.azure.v1', 'protobuf.webpubsub.azure.v1',
  'json.reliable.webpubsub.azure.v1', 'protobuf.reliable.webpubsub.azure.v1',
  'tlcp-2.0.0.lightstreamer.com', 'tlcp-2.1.0.lightstreamer.com',
  // Remote calls.
  'soap', 'wamp', 'wamp.2.json', 'wamp.2.msgpack', 'wamp.2.cbor',
  'wamp.2.ubjson', 'wamp.2.flatbuffers', 'wamp.2.json.batched',
  'wamp.2.msgpack.batched', 'wamp.2.cbor.batched', 'wamp.2.ubjson.batched',
  // Web frameworks and their tools.
  'actioncable-v1-json', 'actioncable-v1-msgpack', 'actioncable-v1-protobuf',
  'actioncable-v1-ext-json', 'actioncable-v1-ext-msgpack',
  'actioncable-v1-ext-protobuf', 'actioncable-unsupported', 'phoenix',
  'vite-hmr', 'vite-ping', 'v1.json.spacetimedb', 'v1.bsatn.spacetimedb',
  // Media and telephony.
  'bfcp', 'janus-admin-protocol', 'janus-protocol', 'sip', 'v1.saltyrtc.org',
  'realtime', 'openai-beta.realtime-v1',
  // Devices.
  'coap', 'dc.bsc.bacnet.org', 'hub.bsc.bacnet.org', 'ocpp1.2', 'ocpp1.5',
  'ocpp1.6', 'ocpp2.0', 'ocpp2.0.1', 'ocpp2.1', 'onem2m.r2.0.cbor',
  'onem2m.r2.0.json', 'onem2m.r2.0.xml', 'opcua+uacp', 'opcua+uajson', 'ship',
  'v1.usp',
  // Remote desktops and terminals.
  'base64', 'binary', 'guacamole', 'rfb', 'tty', 'base64.channel.k8s.io',
  'channel.k8s.io', 'v2.channel.k8s.io', 'v3.channel.k8s.io',
  'v4.channel.k8s.io', 'v5.channel.k8s.io', 'v4.base64.channel.k8s.io',
  // Formats, and words that announce a token in the next subprotocol.
  'json', 'msgpack', 'protobuf', 'access_token', 'authorization', 'bearer',
  'token',
};
