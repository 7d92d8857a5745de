/// Stand-in for package:crypto: SHA-256 (FIPS 180-4) of bytes that are all
/// there.
library;

import 'dart:typed_data';

const Sha256 sha256 = Sha256._();

final class Sha256 {
  const Sha256._();

  Digest convert(List<int> input) {
    final state = Uint32List.fromList(_initial);
    final blocks = (input.length + 9 + 63) ~/ 64;
    final message = Uint8List(blocks * 64)
      ..setAll(0, input)
      ..[input.length] = 0x80;
    final bits = ByteData.sublistView(message, message.length - 8);
    bits.setUint32(0, input.length >> 29);
    bits.setUint32(4, (input.length << 3) & 0xffffffff);
    final words = ByteData.sublistView(message);
    final schedule = Uint32List(64);
    for (var offset = 0; offset < message.length; offset += 64) {
      for (var i = 0; i < 16; i++) {
        schedule[i] = words.getUint32(offset + 4 * i);
      }
      _addBlock(state, schedule);
    }
    final bytes = ByteData(32);
    for (var i = 0; i < 8; i++) {
      bytes.setUint32(4 * i, state[i]);
    }
    return Digest(bytes.buffer.asUint8List());
  }

  static void _addBlock(Uint32List state, Uint32List w) {
    for (var i = 16; i < 64; i++) {
      final a = w[i - 15], b = w[i - 2];
      final s0 = _rotate(a, 7) ^ _rotate(a, 18) ^ (a >> 3);
      final s1 = _rotate(b, 17) ^ _rotate(b, 19) ^ (b >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    final v = Uint32List.fromList(state);
    for (var i = 0; i < 64; i++) {
      final s1 = _rotate(v[4], 6) ^ _rotate(v[4], 11) ^ _rotate(v[4], 25);
      final choice = (v[4] & v[5]) ^ (~v[4] & 0xffffffff & v[6]);
      final first = v[7] + s1 + choice + _constants[i] + w[i];
      final s0 = _rotate(v[0], 2) ^ _rotate(v[0], 13) ^ _rotate(v[0], 22);
      final majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
      for (var j = 7; j > 0; j--) {
        v[j] = v[j - 1];
      }
      v[4] += first;
      v[0] = first + s0 + majority;
    }
    for (var i = 0; i < 8; i++) {
      state[i] += v[i];
    }
  }

  static int _rotate(int word, int by) =>
      (word >> by) | ((word << (32 - by)) & 0xffffffff);
}

final class Digest {
  Digest(this.bytes);

  final List<int> bytes;

  @override
  String toString() =>
      [for (final byte in bytes) byte.toRadixString(16).padLeft(2, '0')].join();
}

const _initial = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, //
  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19, //
];

const _constants = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, //
  0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, //
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, //
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, //
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, //
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, //
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, //
  0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, //
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, //
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, //
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, //
  0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, //
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, //
  0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, //
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, //
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2, //
];
