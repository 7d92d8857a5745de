// Measures dart:io's WebSocket, see src/program.dart.
import 'dart:async';
import 'dart:io';

import 'src/connection.dart';
import 'src/http_client.dart';
import 'src/program.dart';

Future<void> main(List<String> arguments) => serve(arguments, (authority) {
  final client = httpClient(authority);
  return (url, {pingInterval, reconnecting = false}) async {
    final socket = await WebSocket.connect(url, customClient: client);
    return _DartIoConnection(socket..pingInterval = pingInterval);
  };
});

final class _DartIoConnection extends Connection {
  _DartIoConnection(this._socket) : super(_socket.listen(null));

  final WebSocket _socket;

  @override
  void send(Object message) => _socket.add(message);

  @override
  Future<void> close() => _socket.close();
}
