import 'dart:async';

import 'connection.dart';
import 'payload.dart';
import 'program.dart';

/// The longest time in milliseconds that a timer of one millisecond has to wait
/// while one message is sent; the median of [count] times.
Future<Measures> stallSending(
  Connection connection,
  String payload,
  int size,
  int count,
) async {
  final [message] = await payloads(connection, payload, size);
  return _stall(count, () => connection.deliver(message));
}

/// The same while one message is received.
Future<Measures> stallReceiving(
  Connection connection,
  String payload,
  int size,
  int count,
) => _stall(count, () async {
  connection.send('/flood 1 $size $payload');
  final length = lengthOf(await connection.next());
  if (length != size) throw StateError('A message of $length');
});

Future<Measures> _stall(int count, Future<void> Function() work) async {
  final stalls = <double>[];
  for (var i = 0; i < count; i++) {
    stalls.add(await longestGap(work));
  }
  stalls.sort();
  return {'longest': stalls[count ~/ 2]};
}

/// The longest time in milliseconds between two ticks of a timer of one
/// millisecond during [work]. Calls [onTick] with each tick.
Future<double> longestGap(
  Future<void> Function() work, {
  void Function()? onTick,
}) async {
  final clock = Stopwatch()..start();
  var longest = 0;
  var last = 0;
  late Completer<void> tick;
  void look(Timer? _) {
    final now = clock.elapsedMicroseconds;
    if (now - last > longest) longest = now - last;
    last = now;
    onTick?.call();
    if (!tick.isCompleted) tick.complete();
  }

  Future<void> nextTick() => (tick = Completer()).future;

  tick = Completer();
  final timer = Timer.periodic(const Duration(milliseconds: 1), look);
  await nextTick();
  // From here on it counts.
  longest = 0;
  await work();
  // The work may have ended in the middle of a gap.
  await nextTick();
  timer.cancel();
  return longest / 1000;
}
