import 'package:web_socket_channel/web_socket_channel.dart';

class RealtimeClient {
  external RealtimeClient(
    String endPoint, {
    WebSocketChannel Function(String url, Map<String, String> headers)?
    transport,
  });
}
