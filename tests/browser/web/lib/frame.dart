/// What program, relay and page tell each other.
library;

import 'dart:convert';
import 'dart:typed_data';

/// A frame: four bytes with the length of [head], [head] in JSON, and [bytes].
Uint8List encodeFrame(Map<String, Object?> head, [Uint8List? bytes]) {
  final encoded = utf8.encode(json.encode(head));
  final size = 4 + encoded.length;
  final frame = Uint8List(size + (bytes?.length ?? 0))
    ..setRange(4, size, encoded)
    ..setAll(size, bytes ?? const []);
  ByteData.sublistView(frame).setUint32(0, encoded.length);
  return frame;
}

/// The parts of a frame; the bytes are a view.
(Map<String, Object?>, Uint8List) decodeFrame(Uint8List frame) {
  final size = 4 + ByteData.sublistView(frame).getUint32(0);
  final head = json.decode(utf8.decode(Uint8List.sublistView(frame, 4, size)));
  return (head as Map<String, Object?>, Uint8List.sublistView(frame, size));
}

/// [frame] after its length in four bytes, in one piece: two would wait for an
/// acknowledgement in between.
Uint8List withLength(Uint8List frame) {
  final bytes = Uint8List(4 + frame.length)..setAll(4, frame);
  ByteData.sublistView(bytes).setUint32(0, frame.length);
  return bytes;
}
