import 'package:web_socket_channel/web_socket_channel.dart';

class PhoenixSocket {
  external PhoenixSocket(
    String endpoint, {
    WebSocketChannel Function(Uri uri)? webSocketChannelFactory,
  });
}
