// The example client against a server over dart:io alone, as two programs.
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
      final unused = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
      final port = unused.port;
      await unused.close();
      final process = await dart(client, ['ws://127.0.0.1:$port']);
      final output = await lines(process).toList();
      expect(output.single, startsWith('Connection Denied'));
      expect(await process.exitCode, 0);
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );
}
