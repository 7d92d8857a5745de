// A server over dart:io alone: prints each JSON message, and answers it one
// second later if the socket is still open.
//
// Usage: timer_server.dart [--port N] [--pause MILLISECONDS]
// With --port 0 the system chooses one. It ends when its input does.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

Future<void> main(List<String> arguments) async {
  final pause = Duration(milliseconds: _option(arguments, '--pause') ?? 1000);
  final server = await HttpServer.bind(
    InternetAddress.loopbackIPv4,
    _option(arguments, '--port') ?? 8000,
  );
  print('listening on ws://127.0.0.1:${server.port}');
  stdin.listen((_) {}, onDone: () => exit(0));
  await for (final request in server) {
    final socket = await WebSocketTransformer.upgrade(request);
    final from = request.connectionInfo?.remoteAddress.address;
    socket.listen((message) {
      print('$from: ${json.decode(message as String)}');
      Timer(pause, () {
        if (socket.readyState != WebSocket.open) return;
        socket.add(json.encode({'data': 'from server at ${DateTime.now()}'}));
      });
    }, onDone: () => print('$from: gone'));
  }
}

int? _option(List<String> arguments, String name) {
  final index = arguments.indexOf(name);
  if (index < 0 || index + 1 == arguments.length) return null;
  return int.parse(arguments[index + 1]);
}
