// Connects to its argument, prints how that went, and ends by itself: a connect
// that fails leaves nothing that would keep the program from ending.
//
// Usage: connect_once.dart URL [from-environment]
import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  print(const bool.fromEnvironment('dart.vm.product') ? 'release' : 'debug');
  try {
    if (arguments.contains('from-environment')) {
      RustWebSocketLibrary.load(fromEnvironment: true);
    }
    final channel = RustWebSocketChannel.connect(arguments.first);
    await channel.ready;
    print('open');
    await channel.sink.close();
  } on WebSocketChannelException catch (error) {
    print(error.inner);
  } catch (error) {
    print(error);
  }
}
