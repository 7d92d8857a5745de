// A client of tests/dart/programs/timer_server.dart. It sends the time as JSON,
// and again one second after each answer.
//
// Usage: timer_client.dart [URL] [--messages N] [--pause MILLISECONDS]
import 'dart:async';
import 'dart:convert';

import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final url = arguments.firstWhere(
    (argument) => argument.startsWith('ws'),
    orElse: () => 'ws://localhost:8000',
  );
  final pause = Duration(milliseconds: _option(arguments, '--pause') ?? 1000);
  // Without the option, without an end.
  var left = _option(arguments, '--messages') ?? 0;

  final RustWebSocket socket;
  try {
    socket = await RustWebSocket.connect(Uri.parse(url));
  } on ConnectException catch (error) {
    print('Connection Denied: ${error.message}');
    return;
  }

  void send() {
    if (socket.readyState != RustWebSocket.open) return;
    socket.sendText(json.encode({'data': 'from client at ${DateTime.now()}'}));
  }

  socket.events.listen(
    (event) {
      switch (event) {
        case TextDataReceived(:final text):
          print('received: ${json.decode(text)}');
          if (--left == 0) {
            unawaited(socket.close());
            print('done');
          } else {
            Timer(pause, send);
          }
        case BinaryDataReceived(:final data):
          print('received ${data.length} bytes');
        case CloseReceived(:final code, :final reason):
          print('closed: $code $reason');
      }
    },
    onError: (Object error) => print('error: $error'),
    onDone: () => print('the events are over'),
    cancelOnError: true,
  );
  send();
}

int? _option(List<String> arguments, String name) {
  final index = arguments.indexOf(name);
  if (index < 0 || index + 1 == arguments.length) return null;
  return int.parse(arguments[index + 1]);
}
