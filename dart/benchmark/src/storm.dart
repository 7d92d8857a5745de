import 'dart:io';
import 'dart:math';

import 'connecting.dart';
import 'connection.dart';
import 'program.dart';
import 'stall.dart';

/// The server drops all [count] connections at once, as a restart does, and
/// each is opened again as soon as its end is noticed: the milliseconds until
/// all are open again, the bytes by which resident memory grows meanwhile at
/// most, and the longest stall of the isolate in milliseconds.
Future<Measures> storm(Future<Connection> Function() connect, int count) async {
  final open = <Connection>[];
  await openUpTo(count, open, connect);
  final openAgain = [
    for (final connection in open) connection.ended().then((_) => connect()),
  ];
  final before = ProcessInfo.currentRss;
  var peak = before;
  final clock = Stopwatch();
  final longest = await longestGap(() async {
    clock.start();
    open.first.send('/drop_all');
    // The lost ones can be collected.
    open.clear();
    await Future.wait(openAgain);
    clock.stop();
  }, onTick: () => peak = max(peak, ProcessInfo.currentRss));
  return {
    'all_open': clock.elapsedMicroseconds / 1000,
    'memory': (peak - before).toDouble(),
    'longest': longest,
  };
}
