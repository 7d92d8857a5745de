import 'dart:typed_data';

import 'connection.dart';

/// The messages of [size] bytes that are sent in turn.
Future<List<Object>> payloads(
  Connection connection,
  String payload,
  int size,
) async => switch (payload) {
  'text' => ['x' * size],
  'binary' => [Uint8List(size)],
  'list' => [List.filled(size, 7)],
  'json' => await _documents(connection, size),
  _ => throw ArgumentError.value(payload, 'payload'),
};

/// The server's documents, so that both directions use the same ones.
Future<List<Object>> _documents(Connection connection, int size) async {
  const count = 64;
  final documents = <Object>[];
  connection.send('/flood $count $size json');
  await connection.receive((document) {
    documents.add(document);
    return documents.length == count;
  });
  return documents;
}

/// The size of [message] in bytes; text is ASCII.
int sizeOf(Object message) => switch (message) {
  final String text => text.length,
  final Uint8List bytes => bytes.length,
  _ => throw StateError('A message of ${message.runtimeType}'),
};
