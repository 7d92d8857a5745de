// Echoes what Autobahn's fuzzing server sends, case by case, and has it write
// its report.
//
// Usage: autobahn_client.dart URL AGENT
import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final [url, agent] = arguments;
  final count = int.parse(await _echo('$url/getCaseCount'));
  for (var number = 1; number <= count; number++) {
    final case_ = '$url/runCase?case=$number&agent=$agent';
    try {
      // The server's own limits are shorter: only a client that hangs gets here.
      await _echo(case_).timeout(const Duration(minutes: 10));
    } on Exception catch (error) {
      print('$case_: $error');
    }
  }
  await _echo('$url/updateReports?agent=$agent');
}

/// Echoes until the connection ends, whichever way; answers the last text.
Future<String> _echo(String url) async {
  final socket = await RustWebSocket.connect(Uri.parse(url));
  var last = '';
  await for (final event in socket.events) {
    try {
      switch (event) {
        case TextDataReceived(:final text):
          last = text;
          socket.sendText(text, compress: true);
        case BinaryDataReceived(:final data):
          socket.sendBytes(data, compress: true);
        case CloseReceived():
      }
    } on WebSocketConnectionClosed {
      // It ended before the echo: the report tells.
    }
  }
  return last;
}
