// Uses the package's web implementation with an echo server, and prints the
// results as a line of JSON. Run by tests/dart/web_test.dart.
//
// Usage: web_client.dart URL CLOSED_PORT
import 'dart:convert';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final [url, closedPort] = arguments;
  RustWebSocketLibrary.load();

  final channel = RustWebSocketChannel.connect(
    url,
    protocols: ['echo'],
    headers: {'X-Ignored': 'on the web'},
    connectTimeout: const Duration(seconds: 10),
  );
  channel.sink
    ..add('early')
    ..add(Uint8List.fromList([1, 2, 3]));
  final echoed = await channel.stream.take(2).toList();
  await channel.sink.close(1001, 'dropped');

  final socket = await RustWebSocket.connect(Uri.parse(url));
  socket.sendText('please close');
  final events = await socket.events.toList();

  print(
    json.encode({
      'protocol': channel.protocol,
      'echoed': [
        for (final message in echoed)
          {'type': message is Uint8List ? 'binary' : 'text', 'is': message},
      ],
      'closed': '${channel.closeInfo}',
      'events': [
        for (final event in events)
          switch (event) {
            TextDataReceived(:final text) => 'text $text',
            BinaryDataReceived(:final data) => 'binary $data',
            CloseReceived(:final code, :final reason) => 'close $code $reason',
          },
      ],
      'refused': await _failure('ws://user:secret@127.0.0.1:$closedPort'),
      'twice': await _failure(url, protocols: ['a', 'a']),
    }),
  );
}

Future<String> _failure(String url, {List<String>? protocols}) async {
  final channel = RustWebSocketChannel.connect(url, protocols: protocols);
  try {
    await channel.ready;
  } on WebSocketChannelException catch (error) {
    return '${error.inner}';
  }
  return 'it connected';
}
