import 'dart:math';

import 'connection.dart';
import 'program.dart';

/// How many may be open at a time.
const _atOnce = 100;

/// How many connections are opened a second, one after another. Closing them is
/// not in it.
Future<Measures> connects(
  Future<Connection> Function() connect,
  int count,
) async {
  final clock = Stopwatch();
  for (var left = count; left > 0; left -= _atOnce) {
    final open = <Connection>[];
    clock.start();
    for (var i = min(left, _atOnce); i > 0; i--) {
      open.add(await connect());
    }
    clock.stop();
    await Future.wait(open.map((it) => it.close()));
  }
  final seconds = clock.elapsedMicroseconds / 1e6;
  return {'seconds': seconds, 'per_second': count / seconds};
}
