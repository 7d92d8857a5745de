// Connects to its argument, prints that it is open, and stays.
import 'dart:isolate';

import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments, SendPort isOpen) async {
  final channel = RustWebSocketChannel.connect(arguments.single);
  channel.stream.listen(null);
  await channel.ready;
  isOpen.send(null);
}
