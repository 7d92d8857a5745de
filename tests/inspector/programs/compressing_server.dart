// An echo server that compresses (permessage-deflate): dart:io's. It listens on
// the port that its argument says, or a free one, prints where, and ends when
// standard input closes.
import 'dart:io';

Future<void> main(List<String> arguments) async {
  final port = int.parse(arguments.firstOrNull ?? '0');
  final server = await HttpServer.bind(InternetAddress.loopbackIPv4, port);
  server.transform(WebSocketTransformer()).listen((socket) {
    socket.listen(socket.add);
  });
  print('listening on ws://127.0.0.1:${server.port}');
  await stdin.drain<void>();
  exit(0);
}
