// Sends a message through the system's proxy to the server at its argument, and
// prints the answer.
import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final channel = RustWebSocketChannel.connect(
    arguments.single,
    options: const WebSocketOptions(proxy: ProxyOptions.system()),
  );
  channel.sink.add('Hello');
  print(await channel.stream.first);
  await channel.sink.close();
}
