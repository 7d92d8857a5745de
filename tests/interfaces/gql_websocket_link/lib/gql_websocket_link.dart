import 'dart:async';

import 'package:web_socket_channel/web_socket_channel.dart';

typedef ChannelGenerator = FutureOr<WebSocketChannel> Function();

class WebSocketMaker {
  const WebSocketMaker.generator(ChannelGenerator this.generator);

  final ChannelGenerator? generator;
}

class TransportWsClientOptions {
  const TransportWsClientOptions({required this.socketMaker});

  final WebSocketMaker socketMaker;
}

class TransportWebSocketLink {
  external TransportWebSocketLink(TransportWsClientOptions options);
}

class WebSocketLink {
  external WebSocketLink(String? uri, {ChannelGenerator? channelGenerator});
}
