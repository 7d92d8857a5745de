// The client of timer_client.dart, as it is written for dart:io's WebSocket:
// with `import 'dart:io'` and `WebSocket` it is the same program.
//
// Usage: io_client.dart [URL] [PAUSE IN MILLISECONDS]
import 'dart:async' show Timer;
import 'dart:convert' show json;

import 'package:rust_web_socket/io.dart';

void main(List<String> arguments) {
  final url = arguments.isEmpty ? 'ws://localhost:8000' : arguments[0];
  final pause = arguments.length < 2 ? 1000 : int.parse(arguments[1]);

  RustIoWebSocket.connect(url).then((RustIoWebSocket socket) {
    void send() {
      if (socket.readyState != RustIoWebSocket.open) return;
      socket.add(json.encode({'data': 'from client at ${DateTime.now()}'}));
    }

    socket.listen(
      (data) {
        print('received: ${json.decode(data as String)}');
        Timer(Duration(milliseconds: pause), send);
      },
      onDone: () => print('done'),
      onError: (Object error) => print('error: $error'),
      cancelOnError: true,
    );
    send();
  }, onError: (Object error) => print('Connection Denied: $error'));
}
