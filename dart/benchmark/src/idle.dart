import 'dart:io';
import 'dart:math';

import 'connection.dart';
import 'process.dart';
import 'program.dart';
import 'round_trip.dart';
import 'throughput.dart';

/// The number of connects at the same time.
const _atOnce = 32;

/// The idle time before memory is measured, and in which processor time is
/// measured.
const _rest = Duration(milliseconds: 500);

const _roundTrips = 500;

/// The number of connections that are opened and closed beforehand.
const _warmUp = 100;

/// The cost of idle connections that have echoed a message, at each of the
/// rising [levels]: bytes of resident memory for each beyond the first,
/// processor time of the process in microseconds per second, and the round trip
/// over one of them.
Future<Measures> idle(
  Future<Connection> Function() connect,
  List<int> levels,
) => _idle(() => _used(connect), levels);

/// The same for connections with compression, after 500 messages in each
/// direction.
Future<Measures> idleCompressed(
  Future<Connection> Function() connect,
  int connections,
) => _idle(() async {
  final connection = await connect();
  final received = await receive(connection, 'json', 4096, 500);
  if (received['compressed'] != 1) throw StateError('No compression');
  await send(connection, 'json', 4096, 500);
  return connection;
}, [connections]);

Future<Measures> _idle(
  Future<Connection> Function() used,
  List<int> levels,
) async {
  final open = <Connection>[];
  Future<void> openUpTo(int level) async {
    while (open.length < level) {
      final batch = min(_atOnce, level - open.length);
      open.addAll(await Future.wait([for (var i = 0; i < batch; i++) used()]));
    }
  }

  // Excludes code and heap that the first connections need for all.
  await openUpTo(min(_warmUp, levels.last));
  await Future.wait(open.map((it) => it.close()));
  open.clear();
  await openUpTo(1);
  await roundTrip(open.first, 16, _roundTrips);
  await Future<void>.delayed(_rest);
  final base = ProcessInfo.currentRss;

  final measures = <String, double>{};
  for (final level in levels) {
    await openUpTo(level);
    await Future<void>.delayed(_rest);
    final memory = ProcessInfo.currentRss - base;
    final before = processTime();
    await Future<void>.delayed(_rest);
    final busy = processTime() - before;
    final echo = await roundTrip(open.first, 16, _roundTrips);
    measures.addAll({
      if (level > 1) 'memory_$level': memory / (level - 1),
      'cpu_$level': busy * 1e6 / _rest.inMicroseconds,
      'round_trip_$level': echo['p50']!,
    });
  }
  return measures;
}

/// A connection that has echoed a message.
Future<Connection> _used(Future<Connection> Function() connect) async {
  final connection = await connect();
  await connection.ask('hello');
  return connection;
}
