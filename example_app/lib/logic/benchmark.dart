import 'dart:async';
import 'dart:typed_data';

import 'benchmark_client.dart';
import 'pause_meter.dart';

/// A row of the benchmark.
enum BenchmarkRow {
  roundTrip('µs'),
  receiveText('messages/s'),
  receiveBinary('MB/s'),
  sendBinary('MB/s');

  const BenchmarkRow(this.unit);

  final String unit;

  /// Whether a smaller figure is better.
  bool get isTime => this == roundTrip;
}

/// The result of one client in one row.
final class BenchmarkResult {
  const BenchmarkResult(this.row, this.client, this.value, this.longestPause);

  final BenchmarkRow row;
  final String client;

  /// The median of all rounds, in the row's unit.
  final double value;

  /// The longest time of all rounds in which the isolate could do nothing else.
  final Duration longestPause;
}

/// Measures clients in turn, in the current isolate.
final class Benchmark {
  /// Creates a benchmark of [clients] with a `BenchmarkServer` at [url]. Counts
  /// are divided by [scale].
  Benchmark(this.clients, this.url, {this.rounds = 3, this.scale = 1});

  final List<BenchmarkClient> clients;
  final Uri url;
  final int rounds;
  final int scale;

  /// The limit for one round of one row, for the case of a lost connection.
  static const _limit = Duration(minutes: 1);

  /// The results as they are measured: all clients of a row, then the next row.
  Stream<BenchmarkResult> run() async* {
    for (final row in BenchmarkRow.values) {
      final values = {for (final client in clients) client: <double>[]};
      final pauses = {for (final client in clients) client: Duration.zero};
      for (var round = 0; round < rounds; round++) {
        for (final client in clients) {
          await client.connect(url);
          final meter = PauseMeter();
          final Duration pause;
          try {
            values[client]!.add(await _measure(row, client).timeout(_limit));
          } finally {
            pause = meter.stop();
            await client.close();
          }
          if (pause > pauses[client]!) pauses[client] = pause;
        }
      }
      for (final client in clients) {
        final sorted = values[client]!..sort();
        final median = sorted[sorted.length ~/ 2];
        yield BenchmarkResult(row, client.name, median, pauses[client]!);
      }
    }
  }

  Future<double> _measure(BenchmarkRow row, BenchmarkClient client) =>
      switch (row) {
        BenchmarkRow.roundTrip => _roundTrip(client, 1000 ~/ scale),
        BenchmarkRow.receiveText => _receive(
          client,
          'text',
          32,
          400000 ~/ scale,
        ),
        BenchmarkRow.receiveBinary => _receive(
          client,
          'binary',
          64 * 1024,
          2000 ~/ scale,
        ).then((perSecond) => perSecond * 64 * 1024 / 1e6),
        BenchmarkRow.sendBinary => _send(client, 100 ~/ scale),
      };

  /// The median time of echoes, one after another.
  Future<double> _roundTrip(BenchmarkClient client, int count) async {
    const message = '0123456789abcdef';
    final times = <int>[];
    final clock = Stopwatch()..start();
    final done = Completer<void>();
    client
      ..listen((_) {
        times.add(clock.elapsedMicroseconds);
        if (times.length == count) return done.complete();
        clock.reset();
        client.send(message);
      })
      ..send(message);
    await done.future;
    times.sort();
    return times[count ~/ 2].toDouble();
  }

  /// Messages per second.
  Future<double> _receive(
    BenchmarkClient client,
    String kind,
    int size,
    int count,
  ) async {
    var received = 0;
    final clock = Stopwatch();
    final done = Completer<void>();
    client.listen((_) {
      if (++received == count) {
        clock.stop();
        done.complete();
      }
    });
    clock.start();
    client.send('push $kind $size $count');
    await done.future;
    return count * 1e6 / clock.elapsedMicroseconds;
  }

  /// Megabytes per second, until the server has received all of them.
  Future<double> _send(BenchmarkClient client, int count) async {
    final message = Uint8List(1024 * 1024);
    final done = Completer<void>();
    client
      ..listen((_) => done.complete())
      ..send('count $count');
    final clock = Stopwatch()..start();
    for (var i = 0; i < count; i++) {
      client.send(message);
      // Yields between messages, as an app does to draw frames.
      await Future<void>.delayed(Duration.zero);
    }
    await done.future;
    return count * message.length / clock.elapsedMicroseconds;
  }
}
