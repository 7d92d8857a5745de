import 'dart:convert';
import 'dart:ffi';
import 'dart:typed_data';

import 'binding.dart';
import 'exceptions.dart';

/// Bytes of the arguments, in the order that Rust reads them: host byte order,
/// no padding, four-byte lengths.
class SseSerializer {
  SseSerializer(GeneralizedFrbRustBinding _);

  final WriteBuffer buffer = WriteBuffer();
}

class WriteBuffer {
  final BytesBuilder _bytes = BytesBuilder();

  Uint8List takeBytes() => _bytes.takeBytes();

  void putUint8(int value) => _bytes.addByte(value);

  void putUint16(int value) =>
      _put(2, (d) => d.setUint16(0, value, Endian.host));

  void putUint32(int value) =>
      _put(4, (d) => d.setUint32(0, value, Endian.host));

  void putInt32(int value) => _put(4, (d) => d.setInt32(0, value, Endian.host));

  void putPlatformInt64(PlatformInt64 value) =>
      _put(8, (d) => d.setInt64(0, value, Endian.host));

  void putUint8List(Uint8List value) => _bytes.add(value);

  void _put(int size, void Function(ByteData) set) {
    final data = ByteData(size);
    set(data);
    _bytes.add(data.buffer.asUint8List());
  }
}

/// Reads what a call returned.
class SseDeserializer {
  SseDeserializer(ByteData data) : buffer = ReadBuffer(data);

  final ReadBuffer buffer;
}

class ReadBuffer {
  ReadBuffer(this.data);

  final ByteData data;
  int _offset = 0;

  bool get hasRemaining => _offset < data.lengthInBytes;

  int getUint8() => data.getUint8(_skip(1));

  int getUint16() => data.getUint16(_skip(2), Endian.host);

  int getUint32() => data.getUint32(_skip(4), Endian.host);

  int getInt32() => data.getInt32(_skip(4), Endian.host);

  PlatformInt64 getPlatformInt64() => data.getInt64(_skip(8), Endian.host);

  /// A copy: the memory below belongs to Rust and is freed after the call.
  Uint8List getUint8List(int length) {
    final start = _skip(length);
    return Uint8List.fromList(
      Uint8List.sublistView(data, start, start + length),
    );
  }

  int _skip(int size) {
    final start = _offset;
    _offset += size;
    return start;
  }
}

/// Decodes a reply: one byte that says how the call ended, then its value.
class SseCodec<S, E extends Object> {
  const SseCodec({
    required this.decodeSuccessData,
    required this.decodeErrorData,
  });

  final S Function(SseDeserializer) decodeSuccessData;
  final E Function(SseDeserializer)? decodeErrorData;

  static const _success = 0;
  static const _error = 1;
  static const _panic = 3;

  S decodeWireSyncType(WireSyncRust2DartSse raw) {
    final deserializer = SseDeserializer(
      ByteData.sublistView(raw.ptr.asTypedList(raw.len)),
    );
    switch (deserializer.buffer.getUint8()) {
      case _success:
        final value = decodeSuccessData(deserializer);
        assert(
          !deserializer.buffer.hasRemaining,
          'the reply is longer than its type',
        );
        return value;
      case _error:
        final decode = decodeErrorData;
        if (decode == null)
          throw Exception('an error came from a call that declares none');
        throw decode(deserializer);
      case _panic:
        throw sseDecodePanicError(deserializer);
      case final action:
        throw Exception('unknown kind of reply: $action');
    }
  }
}

PanicException sseDecodePanicError(SseDeserializer deserializer) {
  final length = deserializer.buffer.getInt32();
  return PanicException(utf8.decode(deserializer.buffer.getUint8List(length)));
}

/// Calls function [funcId] synchronously. With a [port] the real package makes
/// an asynchronous call; the stand-in has none.
WireSyncRust2DartSse? pdeCallFfi(
  GeneralizedFrbRustBinding binding,
  SseSerializer serializer, {
  required int funcId,
  NativePortType? port,
}) {
  if (port != null)
    throw UnsupportedError('the stand-in makes synchronous calls only');
  final bytes = serializer.buffer.takeBytes();
  final memory = binding.rustVecU8New(bytes.length);
  memory.asTypedList(bytes.length).setAll(0, bytes);
  return binding.pdeFfiDispatcherSync(funcId, memory, bytes.length);
}

int sseEncodeCastedPrimitiveI64(int raw) => raw;

// The DCO codec is generated beside SSE but never called.

int dcoDecodeI64(Object? raw) => raw as int;
