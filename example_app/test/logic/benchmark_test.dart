import 'dart:io';
import 'dart:typed_data';

import 'package:example_app/logic/accept_key.dart';
import 'package:example_app/logic/benchmark.dart';
import 'package:example_app/logic/benchmark_client.dart';
import 'package:example_app/logic/benchmark_server.dart';
import 'package:example_app/logic/pause_meter.dart';
import 'package:test/test.dart';

void main() {
  test("the accept key is that of the RFC's example", () {
    // RFC 6455 section 1.3.
    expect(
      acceptKey('dGhlIHNhbXBsZSBub25jZQ=='),
      's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    );
    expect(acceptKey('x' * 200), hasLength(28));
  });

  group('the server', () {
    late BenchmarkServer server;
    late WebSocket socket;
    setUp(() async {
      server = await BenchmarkServer.start();
      socket = await WebSocket.connect(
        '${server.url}',
        compression: CompressionOptions.compressionOff,
      );
    });
    tearDown(() async {
      await socket.close();
      server.stop();
    });

    test('echoes text', () async {
      socket.add('0123456789abcdef');
      expect(await socket.first, '0123456789abcdef');
    });

    test('pushes messages of each size', () async {
      socket
        ..add('push text 32 3')
        ..add('push binary 70000 2')
        ..add('push binary 200 1');
      final messages = await socket.take(6).toList();
      expect(messages.take(3), everyElement('x' * 32));
      expect(
        [for (final it in messages.skip(3)) (it as Uint8List).length],
        [70000, 70000, 200],
      );
    });

    test('counts messages that arrive in pieces', () async {
      socket.add('count 4');
      for (final size in [0, 1, 1024 * 1024, 70000]) {
        socket.add(Uint8List(size));
      }
      expect(await socket.first, 'done');
    });
  });

  test(
    'both clients are measured in every row',
    () async {
      final server = await BenchmarkServer.start();
      final benchmark = Benchmark(
        [DartIoClient(), RustClient()],
        server.url,
        rounds: 1,
        scale: 20,
      );
      final results = await benchmark.run().toList();
      server.stop();
      expect(
        [for (final result in results) (result.row, result.client)],
        [
          for (final row in BenchmarkRow.values)
            for (final client in ['dart:io', 'rust_web_socket']) (row, client),
        ],
      );
      for (final result in results) {
        print(
          '${result.row.name}, ${result.client}: '
          '${result.value.toStringAsFixed(1)} ${result.row.unit}, '
          'longest pause ${result.longestPause.inMicroseconds} µs',
        );
        expect(result.value, greaterThan(0));
      }
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );

  test('the meter measures how long the isolate was busy', () async {
    final meter = PauseMeter();
    await Future<void>.delayed(const Duration(milliseconds: 5));
    final busy = Stopwatch()..start();
    while (busy.elapsedMilliseconds < 50) {}
    expect(
      meter.stop(),
      greaterThanOrEqualTo(const Duration(milliseconds: 50)),
    );
  });
}
