import 'connection.dart';
import 'payload.dart';
import 'program.dart';

/// Milliseconds until the server receives the pong to a ping that it sends
/// during an upload of [size] bytes, and until the upload is over.
Future<Measures> pong(Connection connection, String payload, int size) async {
  final [message] = await payloads(connection, payload, size);
  final clock = Stopwatch()..start();
  connection
    ..send('/upload')
    ..send(message);
  final microseconds = int.parse(await connection.next() as String);
  return {
    'pong': microseconds / 1000,
    'upload': clock.elapsedMicroseconds / 1000,
  };
}
