import 'dart:math';
import 'dart:typed_data';

import 'connection.dart';
import 'frame_loop.dart';
import 'program.dart';

/// Microseconds from the time at which each of [count] texts is due to its
/// arrival. The server sends [rate] texts a second, whether the previous ones
/// have arrived or not. So a stall counts for each text that it delays.
Future<Measures> latency(Connection connection, int rate, int count) async {
  final times = Int64List(count);
  var received = 0;
  connection.send('/feed $rate $count');
  await connection.receive((message) {
    // The server's clock, since it is the same machine.
    final now = DateTime.now().microsecondsSinceEpoch;
    times[received] = now - int.parse(message as String);
    return ++received == count;
  });
  times.sort();
  double at(int permille) =>
      times[min(count * permille ~/ 1000, count - 1)].toDouble();
  return {'p50': at(500), 'p99': at(990), 'p99.9': at(999), 'max': at(1000)};
}

/// The same while the isolate builds frames.
Future<Measures> latencyBuilding(
  Connection connection,
  int rate,
  int count,
) async {
  var isOver = false;
  final building = const FrameLoop.of60Hertz().run(() => isOver);
  final measures = await latency(connection, rate, count);
  isOver = true;
  await building;
  return measures;
}
