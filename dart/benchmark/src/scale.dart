import 'connection.dart';
import 'idle.dart';
import 'program.dart';

/// The interval of each connection's pings.
const _pingInterval = Duration(seconds: 2);

/// What [idle] measures of connections that ping, and of the client's kind that
/// connects again when it is lost. The rising [levels] also give how flat that
/// is, where 1 is flat and more is better: memory and processor time for each
/// connection of the last level but one, compared with each of the last, and
/// the round trip at the first level, compared with the last.
Future<Measures> scale(Connect connect, String url, List<int> levels) async {
  final cost = await idle(
    () => connect(url, pingInterval: _pingInterval, reconnecting: true),
    levels,
    // Each connection pings about once.
    window: _pingInterval,
    // Many, so that pings of the others fall among them.
    roundTrips: 5000,
  );
  double at(String measure, int level) => cost['${measure}_$level']!;
  final [least, ..., fewer, most] = levels;
  return {
    ...cost,
    'memory_flat': at('memory', fewer) / at('memory', most),
    'cpu_flat': at('cpu', fewer) / fewer / (at('cpu', most) / most),
    'round_trip_flat': at('round_trip', least) / at('round_trip', most),
  };
}
