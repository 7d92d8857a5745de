import 'dart:math';

import 'connection.dart';
import 'program.dart';

/// The maximum of open connections.
const _atOnce = 100;

/// The number of connects at the same time.
const _batch = 32;

/// The connections that are opened per second, one after another, without their
/// close, and the milliseconds for each.
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
  return {
    'seconds': seconds,
    'per_second': count / seconds,
    'each': seconds * 1000 / count,
  };
}

/// Opens connections until [open] has [count]. Each has echoed a message.
Future<void> openUpTo(
  int count,
  List<Connection> open,
  Future<Connection> Function() connect,
) async {
  while (open.length < count) {
    final batch = min(_batch, count - open.length);
    open.addAll(
      await Future.wait([for (var i = 0; i < batch; i++) _used(connect)]),
    );
  }
}

/// A connection that has echoed a message.
Future<Connection> _used(Future<Connection> Function() connect) async {
  final connection = await connect();
  await connection.ask('hello');
  return connection;
}
