import 'dart:typed_data';

import 'connection.dart';
import 'program.dart';

/// Microseconds from sending a text to its echo, [count] times, one after
/// another.
Future<Measures> roundTrip(Connection connection, int size, int count) async {
  final message = 'x' * size;
  final times = Int64List(count);
  final clock = Stopwatch()..start();
  var done = 0;
  var sent = clock.elapsedTicks;
  connection.send(message);
  await connection.receive((_) {
    final now = clock.elapsedTicks;
    times[done++] = now - sent;
    if (done == count) return true;
    sent = clock.elapsedTicks;
    connection.send(message);
    return false;
  });
  clock.stop();
  times.sort();
  double microseconds(int index) => times[index] * 1e6 / clock.frequency;
  return {
    'seconds': clock.elapsedMicroseconds / 1e6,
    'p50': microseconds(count ~/ 2),
    'p99': microseconds(count * 99 ~/ 100),
  };
}
