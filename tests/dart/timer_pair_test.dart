// The example clients against a server over dart:io alone, as two programs.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:test/test.dart';

void main() {
  Future<Process> dart(String program, List<String> arguments) async {
    final process = await Process.start(Platform.resolvedExecutable, [
      '--packages=${Platform.packageConfig}',
      program,
      ...arguments,
    ]);
    addTearDown(process.kill);
    process.stderr.listen(stderr.add);
    return process;
  }

  Stream<String> lines(Process process) =>
      process.stdout.transform(utf8.decoder).transform(const LineSplitter());

  /// A URL on which no server listens.
  Future<String> unusedUrl() async {
    final unused = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final port = unused.port;
    await unused.close();
    return 'ws://127.0.0.1:$port';
  }

  const client = 'dart/example/timer_client.dart';
  const server = 'tests/dart/programs/timer_server.dart';

  test(
    'the client sends the next message after each answer',
    () async {
      final serverProcess = await dart(server, [
        '--port',
        '0',
        '--pause',
        '10',
      ]);
      final serverLines = StreamIterator(lines(serverProcess));
      addTearDown(serverLines.cancel);
      await serverLines.moveNext();
      final url = serverLines.current.split(' ').last;

      final clientProcess = await dart(client, [
        url,
        '--messages',
        '3',
        '--pause',
        '10',
      ]);
      final output = await lines(clientProcess).toList();
      expect(await clientProcess.exitCode, 0);
      expect(
        output.where((line) => line.startsWith('received: {data: from server')),
        hasLength(3),
      );
      expect(output.last, 'the events are over');

      final log = <String>[];
      while (await serverLines.moveNext()) {
        log.add(serverLines.current);
        if (serverLines.current.endsWith('gone')) break;
      }
      expect(
        log.where((line) => line.contains('from client at')),
        hasLength(3),
      );
      // It ends with its input.
      await serverProcess.stdin.close();
      expect(await serverProcess.exitCode, 0);
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );

  test(
    'the client reports that no server listens',
    () async {
      final process = await dart(client, [await unusedUrl()]);
      final output = await lines(process).toList();
      expect(output.single, startsWith('Connection Denied'));
      expect(await process.exitCode, 0);
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );

  group('a client that is written for dart:io', () {
    const ours = 'dart/example/io_client.dart';
    late final Directory folder;
    late final String theirs;

    setUpAll(() {
      folder = Directory.systemTemp.createTempSync('timer_pair');
      final source = File(ours).readAsStringSync();
      theirs =
          (File('${folder.path}/io_client.dart')..writeAsStringSync(
                source
                    .replaceAll(
                      "'package:rust_web_socket/io.dart'",
                      "'dart:io'",
                    )
                    .replaceAll('RustIoWebSocket', 'WebSocket'),
              ))
              .path;
    });
    tearDownAll(() => folder.deleteSync(recursive: true));

    for (final (name, program) in [
      ('another import and class', () => ours),
      ('its own', () => theirs),
    ]) {
      test('talks with $name', () async {
        final serverProcess = await dart(server, [
          '--port',
          '0',
          '--pause',
          '10',
        ]);
        final serverLines = StreamIterator(lines(serverProcess));
        addTearDown(serverLines.cancel);
        await serverLines.moveNext();
        final url = serverLines.current.split(' ').last;
        final clientProcess = await dart(program(), [url, '10']);
        final clientLines = StreamIterator(lines(clientProcess));
        addTearDown(clientLines.cancel);
        for (var i = 0; i < 3; i++) {
          expect(await clientLines.moveNext(), isTrue);
          expect(
            clientLines.current,
            startsWith('received: {data: from server at '),
          );
        }
        // It ends with the server.
        await serverProcess.stdin.close();
        while (await clientLines.moveNext() && clientLines.current != 'done') {
          expect(clientLines.current, startsWith('received: '));
        }
        expect(clientLines.current, 'done');
        expect(await clientProcess.exitCode, 0);
      }, timeout: const Timeout(Duration(minutes: 2)));

      test(
        'says that no server listens with $name',
        () async {
          final process = await dart(program(), [await unusedUrl()]);
          final output = await lines(process).toList();
          expect(output.single, startsWith('Connection Denied: '));
          expect(await process.exitCode, 0);
        },
        timeout: const Timeout(Duration(minutes: 2)),
      );
    }
  });
}
