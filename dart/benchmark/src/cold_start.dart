import 'connection.dart';
import 'program.dart';

/// Milliseconds from the first connect of this process to the first message,
/// an echo. What the client prepares and loads for its first connection is
/// included.
Future<Measures> coldStart(Future<Connection> Function() connect) async {
  final clock = Stopwatch()..start();
  final connection = await connect();
  final echo = await connection.ask('hello');
  clock.stop();
  if (echo != 'hello') throw StateError('An echo of $echo');
  await connection.close();
  return {'first_message': clock.elapsedMicroseconds / 1e3};
}
