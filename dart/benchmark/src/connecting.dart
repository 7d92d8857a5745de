import 'dart:math';

import 'connection.dart';
import 'program.dart';

/// The maximum of open connections.
const _atOnce = 100;

/// The connections that are opened per second, one after another, without their
/// close.
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
