// An echo server that compresses (permessage-deflate): dart:io's. It prints
// where it listens, and ends when standard input closes.
import 'dart:io';

Future<void> main() async {
  final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
  server.transform(WebSocketTransformer()).listen((socket) {
    socket.listen(socket.add);
  });
  print('listening on ws://127.0.0.1:${server.port}');
  await stdin.drain<void>();
  exit(0);
}
