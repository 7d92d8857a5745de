import 'dart:async';
import 'dart:io';
import 'dart:math';

import 'connecting.dart';
import 'connection.dart';
import 'process.dart';
import 'program.dart';
import 'round_trip.dart';
import 'throughput.dart';

/// The idle time before memory is measured.
const _rest = Duration(milliseconds: 500);

/// The number of connections that are opened and closed beforehand.
const _warmUp = 100;

/// The cost of idle connections that have echoed a message, at each of the
/// rising [levels]: bytes of resident memory for each beyond the first,
/// processor time of the process in microseconds per second, measured for
/// [window], and the median of [roundTrips] over one of them.
Future<Measures> idle(
  Future<Connection> Function() connect,
  List<int> levels, {
  Duration window = const Duration(milliseconds: 500),
  int roundTrips = 500,
}) async {
  final open = <Connection>[];
  // Excludes code and heap that the first connections need for all.
  await openUpTo(min(_warmUp, levels.last), open, connect);
  await Future.wait(open.map((it) => it.close()));
  open.clear();
  await openUpTo(1, open, connect);
  await roundTrip(open.first, 16, roundTrips);
  await Future<void>.delayed(_rest);
  final base = ProcessInfo.currentRss;

  var ended = 0;
  final measures = <String, double>{};
  for (final level in levels) {
    final before = open.length;
    await openUpTo(level, open, connect);
    for (final connection in open.skip(before)) {
      unawaited(connection.ended().then((_) => ended++));
    }
    await Future<void>.delayed(_rest);
    final memory = ProcessInfo.currentRss - base;
    final start = processTime();
    await Future<void>.delayed(window);
    final busy = processTime() - start;
    final echo = await roundTrip(open.first, 16, roundTrips);
    measures.addAll({
      if (level > 1) 'memory_$level': memory / (level - 1),
      'cpu_$level': busy * 1e6 / window.inMicroseconds,
      'round_trip_$level': echo['p50']!,
    });
  }
  if (ended > 0) throw StateError('$ended connections have ended');
  return measures;
}

/// The same of connections with compression, after 500 messages in each
/// direction.
Future<Measures> idleCompressed(
  Future<Connection> Function() connect,
  int connections,
) => idle(() async {
  final connection = await connect();
  final received = await receive(connection, 'json', 4096, 500);
  if (received['compressed'] != 1) throw StateError('No compression');
  await send(connection, 'json', 4096, 500);
  return connection;
}, [connections]);
