import 'dart:convert';
import 'dart:io';
import 'dart:math';

import 'connection.dart';
import 'payload.dart';
import 'process.dart';
import 'program.dart';

/// The throughput of [count] messages that the server sends as fast as it can.
Future<Measures> receive(
  Connection connection,
  String payload,
  int size,
  int count,
) async {
  final compressed = await _compresses(connection);
  final cpu = IsolateTime();
  final clock = Stopwatch()..start();
  await _receive(connection, payload, size, count);
  clock.stop();
  return {
    ..._rates(clock, size, count),
    'isolate': cpu.elapsedMicroseconds / count,
    'compressed': compressed,
  };
}

Future<void> _receive(
  Connection connection,
  String payload,
  int size,
  int count,
) {
  var left = count;
  final expected = lengthFor(payload, size);
  connection.send('/flood $count $size $payload');
  return connection.receive((message) {
    final length = lengthOf(message);
    if (length != expected) throw StateError('A message of $length');
    return --left == 0;
  });
}

/// The throughput of [count] JSON messages that are decoded as they arrive. The
/// server prepares them first, so the clock starts with one message before them.
Future<Measures> decode(Connection connection, int size, int count) async {
  final clock = Stopwatch();
  var left = count;
  connection.send('/flood ${count + 1} $size json');
  await connection.receive((message) {
    if (!clock.isRunning) {
      clock.start();
      return false;
    }
    final length = lengthOf(message);
    if (length != size) throw StateError('A message of $length');
    final orders = jsonDecode(message as String) as List<dynamic>;
    if (orders.isEmpty) throw StateError('A message without orders');
    return --left == 0;
  });
  clock.stop();
  return _rates(clock, size, count);
}

/// The maximum that is queued at a time.
const _burstMessages = 50000;
const _burstBytes = 32 * 1024 * 1024;

/// The throughput of [count] messages that are sent in bursts. The next burst
/// begins when the server has received the last one.
Future<Measures> send(
  Connection connection,
  String payload,
  int size,
  int count,
) async {
  final messages = await payloads(connection, payload, size);
  final compressed = await _compresses(connection);
  final burst = min(_burstMessages, max(1, _burstBytes ~/ size));
  var lastBurst = 0;
  final cpu = IsolateTime();
  final clock = Stopwatch()..start();
  for (var sent = 0; sent < count; sent += lastBurst) {
    lastBurst = min(burst, count - sent);
    connection.send('/sink $lastBurst');
    for (var i = 0; i < lastBurst; i++) {
      connection.send(messages[(sent + i) % messages.length]);
    }
    if (await connection.next() != 'done') throw StateError('Not done');
  }
  clock.stop();
  final isolate = cpu.elapsedMicroseconds / count;
  final onTheWire = int.parse(await connection.ask('/swallowed'));
  return {
    ..._rates(clock, size, count),
    'isolate': isolate,
    'compressed': compressed,
    'wire': onTheWire / lastBurst,
  };
}

/// The throughput of [count] messages over [connections] connections together,
/// and its ratio to that of one connection. In a separate process, also the
/// peak of memory.
Future<Measures> busy(
  Future<Connection> Function() connect,
  int connections,
  int size,
  int count,
) async {
  Future<(int, double)> over(int connections) async {
    final open = [for (var i = 0; i < connections; i++) await connect()];
    final clock = Stopwatch()..start();
    final each = max(1, count ~/ connections);
    await Future.wait(open.map((it) => _receive(it, 'text', size, each)));
    clock.stop();
    await Future.wait(open.map((it) => it.close()));
    return (each * connections, clock.elapsedMicroseconds / 1e6);
  }

  final before = ProcessInfo.currentRss;
  final (one, secondsOne) = await over(1);
  final (all, secondsAll) = await over(connections);
  return {
    'seconds': secondsOne + secondsAll,
    'messages': all / secondsAll,
    'of_one': all / secondsAll / (one / secondsOne),
    'memory': (ProcessInfo.maxRss - before).toDouble(),
  };
}

/// 1 if the connection compresses, otherwise 0.
Future<double> _compresses(Connection connection) async =>
    switch (await connection.ask('/extensions')) {
      'permessage-deflate' => 1,
      _ => 0,
    };

/// Messages and megabytes a second.
Measures _rates(Stopwatch clock, int size, int count) {
  final seconds = clock.elapsedMicroseconds / 1e6;
  return {
    'seconds': seconds,
    'messages': count / seconds,
    'megabytes': count * size / seconds / 1e6,
  };
}
