import 'dart:convert';
import 'dart:ffi';
import 'dart:typed_data';

import '../exceptions/send_buffer_full_exception.dart';

/// From Dart to Rust, for each message: the C functions of
/// `rust/bridge/src/ffi/outgoing.rs`.
///
/// All but the finalizer's are leaf calls, which cost about 0.1 µs and may not
/// call back. None of them blocks.
final class Outgoing {
  /// The functions of [library], for this isolate.
  Outgoing(DynamicLibrary library)
    : _sendPack = library
          .lookupFunction<
            Int32 Function(Pointer<_Scratch>),
            int Function(Pointer<_Scratch>)
          >('rust_web_socket_send_pack', isLeaf: true),
      _sendBuffer = library
          .lookupFunction<
            Int32 Function(Int64, Uint8, Pointer<Uint8>, Size),
            int Function(int, int, Pointer<Uint8>, int)
          >('rust_web_socket_send_buffer', isLeaf: true),
      _newBuffer = library
          .lookupFunction<
            Pointer<Uint8> Function(Size),
            Pointer<Uint8> Function(int)
          >('rust_web_socket_buffer_new', isLeaf: true),
      _freeBuffer = library
          .lookupFunction<
            Void Function(Pointer<Uint8>, Size),
            void Function(Pointer<Uint8>, int)
          >('rust_web_socket_buffer_free', isLeaf: true),
      _flush = library.lookupFunction<Void Function(Int64), void Function(int)>(
        'rust_web_socket_flush',
        isLeaf: true,
      ),
      grant = library.lookupFunction<Void Function(Int64), void Function(int)>(
        'rust_web_socket_grant',
        isLeaf: true,
      ),
      _bufferedAmount = library
          .lookupFunction<Int64 Function(Int64), int Function(int)>(
            'rust_web_socket_buffered_amount',
            isLeaf: true,
          ),
      isWritable = library
          .lookupFunction<Uint32 Function(Int64), int Function(int)>(
            'rust_web_socket_is_writable',
            isLeaf: true,
          ),
      newHandle = library.lookupFunction<Int64 Function(), int Function()>(
        'rust_web_socket_handle_new',
        isLeaf: true,
      ),
      _newFinalizerToken = library
          .lookupFunction<
            Pointer<Void> Function(Int64, Pointer<_Scratch>),
            Pointer<Void> Function(int, Pointer<_Scratch>)
          >('rust_web_socket_finalizer_token', isLeaf: true),
      finalizer = NativeFinalizer(library.lookup('rust_web_socket_finalize')) {
    final newScratch = library
        .lookupFunction<
          Pointer<_Scratch> Function(),
          Pointer<_Scratch> Function()
        >('rust_web_socket_scratch_new', isLeaf: true);
    _scratch = newScratch();
    if (_scratch == nullptr) throw OutOfMemoryError();
    _records = (_scratch + 1).cast<Uint8>().asTypedList(
      _scratchSize,
      finalizer: library.lookup('rust_web_socket_scratch_free'),
      token: _scratch.cast(),
    );
  }

  /// Whether [library] has the functions that this class calls, as it calls
  /// them.
  static bool fits(DynamicLibrary library) {
    const name = 'rust_web_socket_data_path_version';
    if (!library.providesSymbol(name)) return false;
    final version = library.lookupFunction<Uint32 Function(), int Function()>(
      name,
      isLeaf: true,
    );
    return version() == _dataPathVersion;
  }

  /// As in `rust/bridge/src/ffi/mod.rs`.
  static const _dataPathVersion = 5;

  /// The size of the scratch, as Rust has it: messages that fit are packed there
  /// and copied by Rust, larger ones are given a buffer of their own.
  static const _scratchSize = 64 * 1024;

  /// From this size on a pack is queued without waiting for more: Rust's threads
  /// begin when some of that is queued, while the isolate goes on.
  static const _packSize = 16 * 1024;

  final int Function(Pointer<_Scratch>) _sendPack;
  final int Function(int, int, Pointer<Uint8>, int) _sendBuffer;
  final Pointer<Uint8> Function(int) _newBuffer;
  final void Function(Pointer<Uint8>, int) _freeBuffer;

  final void Function(int) _flush;

  /// Gives credit back for the connection's oldest batch.
  final void Function(int handle) grant;

  final int Function(int) _bufferedAmount;

  /// 1 if what is no longer queued on the connection is with the operating
  /// system; 0 once it has ended or a write has failed.
  final int Function(int handle) isWritable;

  /// A handle for a connection to come.
  final int Function() newHandle;

  final Pointer<Void> Function(int, Pointer<_Scratch>) _newFinalizerToken;

  /// Wraps a handle for [finalizer].
  Pointer<Void> newFinalizerToken(int handle) =>
      _newFinalizerToken(handle, _scratch);

  /// Releases the connection of a token, after sending what this isolate packed
  /// for it.
  final NativeFinalizer finalizer;

  late final Pointer<_Scratch> _scratch;
  late final Uint8List _records;

  // The scratch's size and handle, which are quicker to read here.
  int _packed = 0;
  int _packedFor = 0;

  /// Sends a text message with the next [flush], or earlier. [compress]
  /// overrides the connection's threshold.
  void sendText(int handle, String text, bool? compress) {
    final flags = _text | _flagOf(compress);
    final length = text.length;
    if (length <= _maxPackedSize && _packAscii(handle, flags, text, length)) {
      return;
    }
    // A lone surrogate becomes U+FFFD, as it does in dart:io.
    _send(handle, flags, utf8.encode(text));
  }

  /// Sends a binary message with the next [flush], or earlier; values are taken
  /// modulo 256.
  void sendBytes(int handle, List<int> bytes, bool? compress) =>
      _send(handle, _flagOf(compress), bytes);

  /// Queues what is packed, so that it counts as buffered.
  void queue() {
    if (_packed == 0) return;
    _packed = 0;
    _check(_sendPack(_scratch));
  }

  /// Sends what the connection has to send, without waiting.
  void flush(int handle) {
    queue();
    _flush(handle);
  }

  /// Bytes that the connection has to send.
  int bufferedAmount(int handle) {
    queue();
    return _bufferedAmount(handle);
  }

  // As in `rust/bridge/src/ffi/pack.rs`.
  static const _text = 1;
  static const _compress = 2;
  static const _asItIs = 4;
  static const _headerSize = 5;
  static const _maxPackedSize = _scratchSize - _headerSize;

  static int _flagOf(bool? compress) => switch (compress) {
    null => 0,
    true => _compress,
    false => _asItIs,
  };

  /// Most messages are short and ASCII: encoding them on their way into the
  /// pack saves a list and a copy.
  bool _packAscii(int handle, int flags, String text, int length) {
    final start = _startOf(handle, length);
    final records = _records;
    var i = 0;
    var at = start;
    // By fours it takes three quarters of the time.
    for (; i + 3 < length; i += 4, at += 4) {
      final a = text.codeUnitAt(i);
      final b = text.codeUnitAt(i + 1);
      final c = text.codeUnitAt(i + 2);
      final d = text.codeUnitAt(i + 3);
      if ((a | b | c | d) > 0x7f) return false;
      records[at] = a;
      records[at + 1] = b;
      records[at + 2] = c;
      records[at + 3] = d;
    }
    for (; i < length; i++, at++) {
      final unit = text.codeUnitAt(i);
      if (unit > 0x7f) return false;
      records[at] = unit;
    }
    _pack(flags, start, length);
    return true;
  }

  void _send(int handle, int flags, List<int> bytes) {
    final size = bytes.length;
    if (size > _maxPackedSize) return _sendLarge(handle, flags, bytes, size);
    // A list of the caller's own making may do anything while it is read.
    final data = bytes is Uint8List ? bytes : Uint8List.fromList(bytes);
    final start = _startOf(handle, size);
    _records.setRange(start, start + size, data);
    _pack(flags, start, size);
  }

  /// Where the payload of the next message goes.
  int _startOf(int handle, int size) {
    if (_packedFor != handle || _packed + _headerSize + size > _scratchSize) {
      queue();
      _scratch.ref.handle = _packedFor = handle;
    }
    return _packed + _headerSize;
  }

  /// Adds the message whose payload is at [start] to the pack.
  void _pack(int flags, int start, int size) {
    final header = start - _headerSize;
    _records
      ..[header] = flags
      ..[header + 1] = size
      ..[header + 2] = size >> 8
      ..[header + 3] = size >> 16
      ..[header + 4] = size >> 24;
    _scratch.ref.size = _packed = start + size;
    if (_packed >= _packSize) queue();
  }

  void _sendLarge(int handle, int flags, List<int> bytes, int size) {
    final buffer = _newBuffer(size);
    if (buffer == nullptr) throw OutOfMemoryError();
    try {
      buffer.asTypedList(size).setRange(0, size, bytes);
      // What was packed goes first, also what such a list sends while it is
      // read.
      queue();
    } catch (_) {
      // A list of the caller's own making may throw.
      _freeBuffer(buffer, size);
      rethrow;
    }
    _check(_sendBuffer(handle, flags, buffer, size));
  }

  /// A message for a connection that has ended is dropped: its listener is told
  /// of the end, or has been.
  static void _check(int status) {
    if (status == _full) throw const SendBufferFullException();
    if (status > _ended) {
      throw StateError('A message could not be handed to Rust ($status)');
    }
  }

  static const _ended = 2;
  static const _full = 5;
}

/// The beginning of `rust/bridge/src/ffi/scratch.rs`; the records follow.
final class _Scratch extends Struct {
  /// The connection that the pack is for.
  @Int64()
  external int handle;

  /// Bytes of the pack.
  @Int64()
  external int size;
}
