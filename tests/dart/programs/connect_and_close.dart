// Connects to its argument, closes, and has nothing left that would keep the
// program from ending: neither after success nor after a failed connect.
import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final channel = RustWebSocketChannel.connect(arguments.single);
  await channel.ready;
  await channel.sink.close(1000);
  print('closed ${(await channel.ended).code}');
  final failing = RustWebSocketChannel.connect('ws://127.0.0.1:1');
  await failing.sink.close();
}
