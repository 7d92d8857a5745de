import 'package:web_socket/web_socket.dart';

typedef WebSocketConnector =
    Future<WebSocket> Function(
      Uri uri, {
      Iterable<String>? protocols,
      Map<String, String>? headers,
    });

class OptionBuilder {
  external OptionBuilder setTransports(List<String> transports);
  external OptionBuilder setWebSocketConnector(WebSocketConnector connector);
  external Map<String, dynamic> build();
}

abstract interface class Socket {
  void emit(String event, [dynamic data]);
  dynamic onConnect(Function handler);
}

external Socket io(dynamic uri, [dynamic opts]);
