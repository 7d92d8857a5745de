import 'connection.dart';
import 'frame_loop.dart';
import 'latency.dart';
import 'payload.dart';
import 'program.dart';
import 'throughput.dart';

/// The part of [count] frames that are ready in time during [traffic], compared
/// with the part without any. A frame is due each [period] and needs [work],
/// both in microseconds.
Future<Measures> frames(
  Connection connection,
  int period,
  int work,
  String traffic,
  int count,
) async {
  final length = count * period;
  final goOn = await _traffic(connection, traffic, length);
  bool Function() after(int length) {
    final clock = Stopwatch()..start();
    return () => clock.elapsedMicroseconds >= length;
  }

  final loop = FrameLoop(period, work);
  final alone = await loop.run(after(length));
  final isOver = after(length);
  final building = loop.run(isOver);
  var measures = const <String, double>{};
  while (!isOver()) {
    measures = await goOn();
  }
  final during = await building;
  return {
    // NaN on a machine that is too busy for any frame.
    'of_alone': alone == 0 ? double.nan : during / alone,
    'compressed': measures['compressed'] ?? 0,
  };
}

/// One piece of [traffic], to be repeated until the frames are built. A feed
/// lasts a little longer than their [length], in microseconds.
Future<Future<Measures> Function()> _traffic(
  Connection connection,
  String traffic,
  int length,
) async {
  switch (traffic) {
    case 'feed':
      const rate = 1000;
      final count = rate * length ~/ 1000000 + 20;
      return () => latency(connection, rate, count);
    case 'json':
      return () => receive(connection, 'json', 4096, 200);
    case 'send':
      final [message] = await payloads(connection, 'binary', 16 * 1024 * 1024);
      return () async {
        await connection.deliver(message);
        return const <String, double>{};
      };
    default:
      throw ArgumentError.value(traffic, 'traffic');
  }
}
