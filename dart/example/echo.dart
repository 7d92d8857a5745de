// A console client: sends a few messages to an echo server and prints the
// echoes. With --interactive it sends the lines that you type.
//
// From the project's root: cargo xtask demo [--url URL] [--interactive]
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final isInteractive = arguments.contains('--interactive');
  final urls = arguments.where((argument) => !argument.startsWith('--'));
  if (urls.length != 1) {
    stderr.writeln('Usage: echo.dart URL [--interactive]');
    exitCode = 64;
    return;
  }
  final channel = RustWebSocketChannel.connect(
    urls.single,
    protocols: ['echo'],
    connectTimeout: const Duration(seconds: 10),
  );
  try {
    await channel.ready;
  } on Exception catch (error) {
    stderr.writeln('Could not connect: $error');
    exitCode = 1;
    return;
  }
  final protocol = channel.protocol!;
  print('connected, subprotocol: ${protocol.isEmpty ? 'none' : protocol}');
  await (isInteractive ? _talk(channel) : _show(channel));
}

/// Sends one message of each kind, and compares the echoes.
Future<void> _show(RustWebSocketChannel channel) async {
  final messages = <Object>[
    'Hello',
    'Grüße, 你好, 🎉',
    '',
    Uint8List.fromList([0, 1, 2, 253, 254, 255]),
    'x' * 1024 * 1024,
    Uint8List(1024 * 1024),
  ];
  var echoed = 0;
  final replies = StreamIterator<dynamic>(channel.stream);
  for (final message in messages) {
    print('-> ${_describe(message)}');
    channel.sink.add(message);
    if (!await replies.moveNext()) break;
    final reply = replies.current as Object;
    print('<- ${_describe(reply)}');
    if (!_isSame(reply, message)) break;
    echoed++;
  }
  await channel.sink.close(1000, 'bye');
  final info = await channel.ended;
  print('close: $info');
  print('demo: $echoed messages echoed, closed ${info.code}');
  if (echoed < messages.length || info.code != 1000) exitCode = 1;
}

/// Sends typed lines, until the connection ends, or the input has ended and
/// every line was echoed.
Future<void> _talk(RustWebSocketChannel channel) async {
  var sent = 0;
  var received = 0;
  var inputHasEnded = false;
  void closeIfDone() {
    if (inputHasEnded && received >= sent) channel.sink.close(1000);
  }

  final lines = stdin
      .transform(const SystemEncoding().decoder)
      .transform(const LineSplitter())
      .listen(
        (line) {
          sent++;
          channel.sink.add(line);
        },
        onDone: () {
          inputHasEnded = true;
          closeIfDone();
        },
      );
  channel.stream.listen((message) {
    received++;
    print('<- ${_describe(message as Object)}');
    closeIfDone();
  });
  final info = await channel.ended;
  await lines.cancel();
  print('close: $info');
  print('demo: $received messages echoed, closed ${info.code}');
}

bool _isSame(Object reply, Object message) => switch ((reply, message)) {
  (final Uint8List a, final Uint8List b) =>
    base64.encode(a) == base64.encode(b),
  _ => reply == message,
};

String _describe(Object message) => switch (message) {
  final String text when text.length > 60 => 'text, ${text.length} characters',
  final String text => "text, '$text'",
  final List<int> bytes when bytes.length > 60 =>
    'binary, ${bytes.length} bytes',
  _ => 'binary, $message',
};
