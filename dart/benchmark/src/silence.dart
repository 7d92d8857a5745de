import 'connection.dart';
import 'program.dart';

/// The interval of the pings that notice the silence.
const _pingInterval = Duration(seconds: 1);

/// Milliseconds from the last message over a line that falls silent to the echo
/// over another connection. That is opened when the client has noticed it.
Future<Measures> silence(Connect connect, String url) async {
  final lost = await connect(url, pingInterval: _pingInterval);
  final clock = Stopwatch();
  lost.send('/flood 1000 1024 text');
  await lost.ended(
    onMessage: (_) {
      clock
        ..reset()
        ..start();
    },
  );
  if (!clock.isRunning) throw StateError('No message before the silence');
  final connection = await connect(url, pingInterval: _pingInterval);
  await connection.ask('hello');
  clock.stop();
  await connection.close();
  return {'echo': clock.elapsedMicroseconds / 1000};
}
