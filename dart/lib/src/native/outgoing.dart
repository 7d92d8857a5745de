import 'dart:convert';
import 'dart:ffi';
import 'dart:typed_data';

import '../exceptions/send_buffer_full_exception.dart';

/// Sends messages to Rust with the C functions of
/// `rust/bridge/src/ffi/outgoing.rs`.
///
/// All except the finalizer's are leaf calls, which cost about 0.1 µs and must
/// not call back. None of them blocks.
final class Outgoing {
  /// Binds the functions of [library] for this isolate.
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

  /// Whether [library] has the version of the data path that this class uses.
  static bool fits(DynamicLibrary library) {
    const name = 'rust_web_socket_data_path_version';
    if (!library.providesSymbol(name)) return false;
    final version = library.lookupFunction<Uint32 Function(), int Function()>(
      name,
      isLeaf: true,
    );
    return version() == dataPathVersion;
  }

  /// `DATA_PATH_VERSION` of `rust/bridge/src/ffi/mod.rs`.
  static const dataPathVersion = 7;

  /// The size of the scratch, as in Rust. Messages that fit are packed there
  /// and copied by Rust; a larger one gets its own buffer.
  static const _scratchSize = 64 * 1024;

  /// The size at which a pack is queued before it is full, so that Rust's
  /// threads start while the isolate continues.
  static const _packSize = 16 * 1024;

  final int Function(Pointer<_Scratch>) _sendPack;
  final int Function(int, int, Pointer<Uint8>, int) _sendBuffer;
  final Pointer<Uint8> Function(int) _newBuffer;
  final void Function(Pointer<Uint8>, int) _freeBuffer;

  final void Function(int) _flush;

  /// Returns the credit of the connection's oldest batch.
  final void Function(int handle) grant;

  final int Function(int) _bufferedAmount;

  /// 1 if the operating system has accepted all bytes that are no longer
  /// queued; 0 after the connection has ended or a write has failed.
  final int Function(int handle) isWritable;

  /// Reserves a handle for a connection.
  final int Function() newHandle;

  final Pointer<Void> Function(int, Pointer<_Scratch>) _newFinalizerToken;

  /// Wraps a handle for [finalizer].
  Pointer<Void> newFinalizerToken(int handle) =>
      _newFinalizerToken(handle, _scratch);

  /// Releases the connection of a token, after sending its packed messages.
  final NativeFinalizer finalizer;

  late final Pointer<_Scratch> _scratch;
  late final Uint8List _records;

  // Copies of the scratch's size and handle, which are faster to read.
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

  /// Queues the packed messages, so that they count as buffered.
  void queue() {
    if (_packed == 0) return;
    _packed = 0;
    _check(_sendPack(_scratch));
  }

  /// Sends queued messages without blocking.
  void flush(int handle) {
    queue();
    _flush(handle);
  }

  /// Bytes of payload that are queued.
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

  /// Encodes a short ASCII text directly into the pack, which saves a list and
  /// a copy. Returns false if [text] is not ASCII.
  bool _packAscii(int handle, int flags, String text, int length) {
    final start = _startOf(handle, length);
    final records = _records;
    var i = 0;
    var at = start;
    // Four at a time take three quarters of the time.
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
    // A list that the app implements may run any code while it is read.
    final data = bytes is Uint8List ? bytes : Uint8List.fromList(bytes);
    final start = _startOf(handle, size);
    _records.setRange(start, start + size, data);
    _pack(flags, start, size);
  }

  /// The position of the next message's payload.
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
      // Packed messages go first, including those that the list sends while it
      // is read.
      queue();
    } catch (_) {
      // A list that the app implements may throw.
      _freeBuffer(buffer, size);
      rethrow;
    }
    _check(_sendBuffer(handle, flags, buffer, size));
  }

  /// A message for a connection that has ended is dropped. Its listener is
  /// notified of the end.
  static void _check(int status) {
    if (status == _full) throw const SendBufferFullException();
    if (status > _ended) {
      throw StateError('A message could not be handed to Rust ($status)');
    }
  }

  static const _ended = 2;
  static const _full = 5;
}

/// The start of `Scratch` in `rust/bridge/src/ffi/scratch.rs`; records follow.
final class _Scratch extends Struct {
  /// The connection of the packed messages.
  @Int64()
  external int handle;

  /// The size of the packed messages, in bytes.
  @Int64()
  external int size;
}
