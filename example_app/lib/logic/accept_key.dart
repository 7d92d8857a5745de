import 'dart:convert';
import 'dart:typed_data';

/// The `Sec-WebSocket-Accept` for a client's `Sec-WebSocket-Key` (RFC 6455
/// section 4.2.2).
String acceptKey(String key) => base64.encode(
  _sha1(ascii.encode('${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11')),
);

/// SHA-1 (RFC 3174). dart:io has it, but does not export it.
Uint8List _sha1(Uint8List message) {
  final padded = Uint8List((message.length + 9 + 63) ~/ 64 * 64)
    ..setAll(0, message)
    ..[message.length] = 0x80;
  final data = ByteData.sublistView(padded)
    ..setUint32(padded.length - 4, message.length * 8);
  final hash = Uint32List.fromList([
    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0, //
  ]);
  final words = Uint32List(80);
  for (var block = 0; block < padded.length; block += 64) {
    for (var t = 0; t < 80; t++) {
      words[t] = t < 16
          ? data.getUint32(block + t * 4)
          : _rotate(
              words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16],
              1,
            );
    }
    var [a, b, c, d, e] = hash;
    for (var t = 0; t < 80; t++) {
      final (f, k) = switch (t ~/ 20) {
        0 => ((b & c) | (~b & d), 0x5a827999),
        1 => (b ^ c ^ d, 0x6ed9eba1),
        2 => ((b & c) | (b & d) | (c & d), 0x8f1bbcdc),
        _ => (b ^ c ^ d, 0xca62c1d6),
      };
      final next = (_rotate(a, 5) + f + e + k + words[t]) & 0xffffffff;
      (a, b, c, d, e) = (next, a, _rotate(b, 30), c, d);
    }
    for (final (index, value) in [a, b, c, d, e].indexed) {
      hash[index] += value;
    }
  }
  final digest = ByteData(20);
  for (final (index, value) in hash.indexed) {
    digest.setUint32(index * 4, value);
  }
  return digest.buffer.asUint8List();
}

int _rotate(int word, int bits) =>
    ((word << bits) | ((word & 0xffffffff) >> (32 - bits))) & 0xffffffff;
