// Connections of isolates that come and go.
import 'dart:async';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

/// Connects, tells [arguments]' port that it is open, and stays.
Future<void> _connectAndStay((SendPort, Uri) arguments) async {
  final (isOpen, url) = arguments;
  final channel = RustWebSocketChannel.connect(url);
  channel.stream.listen(null);
  await channel.ready;
  isOpen.send(null);
}

/// Connects, and answers with what the server echoed.
Future<String> _echo(Uri url) async {
  final channel = RustWebSocketChannel.connect(url);
  channel.sink.add('from an isolate');
  final reply = await channel.stream.first;
  await channel.sink.close();
  return reply as String;
}

void main() {
  test('a connection outlives the other isolates', () async {
    final url = await serveEcho();
    final channel = RustWebSocketChannel.connect(url);
    final replies = StreamIterator<dynamic>(channel.stream);
    for (var i = 0; i < 5; i++) {
      expect(await Isolate.run(() => _echo(url)), 'from an isolate');
      channel.sink.add('$i');
      await replies.moveNext();
      expect(replies.current, '$i');
    }
    await channel.sink.close();
  });

  test('an isolate that is killed closes its connection with 1001', () async {
    final closed = Completer<(int?, Duration)>();
    final sinceKill = Stopwatch();
    final url = await serve((socket) {
      socket.listen(
        null,
        onDone: () => closed.complete((socket.closeCode, sinceKill.elapsed)),
      );
    });
    final isOpen = ReceivePort();
    final isolate = await Isolate.spawn(_connectAndStay, (
      isOpen.sendPort,
      url,
    ));
    await isOpen.first;
    sinceKill.start();
    isolate.kill(priority: Isolate.immediate);
    final (code, elapsed) = await closed.future;
    expect(code, 1001);
    expect(elapsed, lessThan(const Duration(seconds: 1)));
  });

  test('a program ends when its connections have', () async {
    final echo = await serveEcho();
    final process = await Process.run(Platform.resolvedExecutable, [
      '--packages=${Platform.packageConfig}',
      'tests/dart/programs/connect_and_close.dart',
      '$echo',
    ]);
    expect(process.stderr, isEmpty);
    expect(process.stdout, 'closed 1000\n');
    expect(process.exitCode, 0);
  }, timeout: const Timeout(Duration(minutes: 2)));
}
