// Random use of reconnecting channels over connections that break, with the
// rules that must hold: `cargo xtask faults --reconnecting --seed S --cases N`.
//
// Usage: main.dart SEED CASES JOBS [CASE [REPEAT]]
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/rust/api/connection.dart'
    show liveConnections;

import 'conversation.dart';
import 'relay.dart';

/// The maximum number of failures before the run stops.
const _mostFailures = 10;

/// Longer than any wait before an attempt.
const _longestWait = Duration(milliseconds: 100);

Future<void> main(List<String> arguments) async {
  final [seed, cases, jobs, ...rest] = [...arguments.map(int.parse)];
  final numbers = switch (rest) {
    [final only, final repeat] => List.filled(repeat, only),
    [final only] => [only],
    _ => List.generate(cases, (number) => number),
  };
  RustWebSocketLibrary.load();
  final clock = Stopwatch()..start();
  final relays = <Relay>[];
  final results = <String, int>{};
  var done = 0;
  var failed = 0;
  var connections = 0;
  var least = numbers.isEmpty ? 0 : 1 << 30;

  final left = numbers.iterator;
  Future<void> worker() async {
    while (failed < _mostFailures && left.moveNext()) {
      final number = left.current;
      final conversation = Conversation(seed, number);
      final outcome = await conversation.run();
      relays.add(conversation.relay);
      done++;
      connections += outcome.connections;
      if (outcome.connections < least) least = outcome.connections;
      outcome.results.forEach(
        (result, count) => results[result] = (results[result] ?? 0) + count,
      );
      if (outcome.faults.isEmpty) continue;
      failed++;
      // All events are printed only for a single case.
      if (rest.isNotEmpty) outcome.log.forEach(print);
      print(
        'case $number failed. Again: cargo xtask faults --reconnecting '
        '--seed $seed --case $number\n${outcome.faults.take(10).join('\n')}\n',
      );
    }
  }

  await Future.wait([for (var i = 0; i < jobs; i++) worker()]);
  final ended = await _nothingLives();
  if (!ended) print('${liveConnections()} connections still live');
  await Future<void>.delayed(_longestWait);
  final before = [for (final relay in relays) relay.accepted];
  await Future<void>.delayed(_longestWait);
  var dials = 0;
  for (final (index, relay) in relays.indexed) {
    dials += relay.accepted - before[index];
    await relay.close();
  }
  if (dials > 0) print('$dials connections after the end');
  print('results: $results');
  final seconds = (clock.elapsedMilliseconds / 1000).toStringAsFixed(1);
  print(
    'reconnecting: $done cases, $connections connections, $least at least in '
    'one, $failed failed, seed $seed, $seconds s',
  );
  exit(failed == 0 && ended && dials == 0 ? 0 : 1);
}

/// Whether the library has no connection left, which may take a moment.
Future<bool> _nothingLives() async {
  final clock = Stopwatch()..start();
  while (liveConnections() > 0) {
    if (clock.elapsed > net) return false;
    await Future<void>.delayed(const Duration(milliseconds: 10));
  }
  return true;
}
