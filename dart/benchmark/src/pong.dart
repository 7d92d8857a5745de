import 'connection.dart';
import 'payload.dart';
import 'program.dart';

/// Milliseconds until the server has the pong to a ping that it sends while a
/// message of [size] bytes is on its way to it.
Future<Measures> pong(Connection connection, String payload, int size) async {
  final [message] = await payloads(connection, payload, size);
  connection
    ..send('/upload')
    ..send(message);
  final microseconds = int.parse(await connection.next() as String);
  return {'pong': microseconds / 1000};
}
