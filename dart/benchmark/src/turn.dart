import 'dart:async';

import 'connection.dart';
import 'payload.dart';
import 'process.dart';
import 'program.dart';

/// Microseconds of processor time of the event-loop turn that sends one
/// message, including microtasks. Later turns of dart:io are excluded.
Future<Measures> turn(
  Connection connection,
  String payload,
  int size,
  int count,
) async {
  final [message] = await payloads(connection, payload, size);
  var microseconds = 0.0;
  final clock = Stopwatch()..start();
  for (var i = 0; i < count; i++) {
    // A turn with nothing else in it.
    await Future<void>.delayed(Duration.zero);
    connection.send('/sink 1');
    final start = threadTime();
    connection.send(message);
    await _microtasks();
    microseconds += threadTime() - start;
    if (await connection.next() != 'done') throw StateError('Not done');
  }
  return {
    'seconds': clock.elapsedMicroseconds / 1e6,
    'turn': microseconds / count,
  };
}

/// Completes after all scheduled microtasks, and those that they schedule.
Future<void> _microtasks() async {
  for (var i = 0; i < 3; i++) {
    await Future.microtask(() {});
  }
}
