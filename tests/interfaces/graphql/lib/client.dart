import 'dart:async';

import 'package:web_socket_channel/web_socket_channel.dart';

class GraphQLProtocol {
  static const String graphqlTransportWs = 'graphql-transport-ws';
}

class SocketClientConfig {
  const SocketClientConfig({this.connectFn});

  final FutureOr<WebSocketChannel> Function(
    Uri uri,
    Iterable<String>? protocols,
  )?
  connectFn;
}

class WebSocketLink {
  external WebSocketLink(
    String url, {
    SocketClientConfig config,
    String subProtocol,
  });
}
