import 'dart:typed_data';

import 'connection.dart';

/// The messages of [size] bytes that are sent in turn.
Future<List<Object>> payloads(
  Connection connection,
  String payload,
  int size,
) async => switch (payload) {
  'text' => ['x' * size],
  'chinese' => ['中' * (size ~/ 3) + 'x' * (size % 3)],
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

/// The length of a [payload] of [size] bytes: of text its UTF-16 code units.
int lengthFor(String payload, int size) =>
    payload == 'chinese' ? size ~/ 3 + size % 3 : size;

/// The length of [message]: bytes, or UTF-16 code units.
int lengthOf(Object message) => switch (message) {
  final String text => text.length,
  final Uint8List bytes => bytes.length,
  _ => throw StateError('A message of ${message.runtimeType}'),
};
