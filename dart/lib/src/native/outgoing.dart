import 'dart:convert';
import 'dart:ffi';
import 'dart:typed_data';

import '../exceptions.dart';

/// From Dart to Rust, for each message: the C functions of
/// `rust/bridge/src/ffi/outgoing.rs`.
///
/// All but the finalizer's are leaf calls, which cost about 0.1 µs and may not
/// call back. None of them blocks.
final class Outgoing {
  /// The functions of [library], for this isolate.
  Outgoing(DynamicLibrary library)
    : _sendCopy = library
          .lookupFunction<
            Int32 Function(Int64, Uint32, Pointer<Uint8>, Size),
            int Function(int, int, Pointer<Uint8>, int)
          >('rust_web_socket_send_copy', isLeaf: true),
      _sendBuffer = library
          .lookupFunction<
            Int32 Function(Int64, Uint32, Pointer<Uint8>, Size),
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
      flush = library.lookupFunction<Void Function(Int64), void Function(int)>(
        'rust_web_socket_flush',
        isLeaf: true,
      ),
      grant = library.lookupFunction<Void Function(Int64), void Function(int)>(
        'rust_web_socket_grant',
        isLeaf: true,
      ),
      bufferedAmount = library
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
      newFinalizerToken = library
          .lookupFunction<
            Pointer<Void> Function(Int64),
            Pointer<Void> Function(int)
          >('rust_web_socket_finalizer_token', isLeaf: true),
      finalizer = NativeFinalizer(library.lookup('rust_web_socket_finalize')) {
    final scratch = library
        .lookupFunction<Pointer<Uint8> Function(), Pointer<Uint8> Function()>(
          'rust_web_socket_scratch_new',
          isLeaf: true,
        );
    _scratch = scratch();
    _scratchBytes = _scratch.asTypedList(
      _scratchSize,
      finalizer: library.lookup('rust_web_socket_scratch_free'),
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
  static const _dataPathVersion = 4;

  /// The size of the scratch buffer, as Rust has it: messages up to it are
  /// copied by Rust out of one place, larger ones are given a buffer of their
  /// own.
  static const _scratchSize = 64 * 1024;

  final int Function(int, int, Pointer<Uint8>, int) _sendCopy;
  final int Function(int, int, Pointer<Uint8>, int) _sendBuffer;
  final Pointer<Uint8> Function(int) _newBuffer;
  final void Function(Pointer<Uint8>, int) _freeBuffer;

  /// Sends what is queued on the connection, without waiting.
  final void Function(int handle) flush;

  /// Gives credit back for the connection's oldest batch.
  final void Function(int handle) grant;

  /// Bytes that are queued on the connection.
  final int Function(int handle) bufferedAmount;

  /// 1 if what is no longer queued on the connection is with the operating
  /// system; 0 once it has ended or a write has failed.
  final int Function(int handle) isWritable;

  /// A handle for a connection to come.
  final int Function() newHandle;

  /// Wraps a handle for [finalizer].
  final Pointer<Void> Function(int handle) newFinalizerToken;

  /// Releases the connection of a token.
  final NativeFinalizer finalizer;

  late final Pointer<Uint8> _scratch;
  late final Uint8List _scratchBytes;

  /// Queues a text message. [compress] overrides the connection's threshold.
  void sendText(int handle, String text, bool? compress) {
    final flags = _text | _flagOf(compress);
    final length = text.length;
    if (length <= _scratchSize && _writeAscii(text, length)) {
      _check(_sendCopy(handle, flags, _scratch, length));
    } else {
      // A lone surrogate becomes U+FFFD, as it does in dart:io.
      _sendEncoded(handle, flags, utf8.encode(text));
    }
  }

  /// Queues a binary message; values are taken modulo 256.
  void sendBytes(int handle, List<int> bytes, bool? compress) =>
      _sendEncoded(handle, _flagOf(compress), bytes);

  // As in `rust/bridge/src/ffi/outgoing.rs`.
  static const _text = 1;
  static const _compress = 2;
  static const _asItIs = 4;

  static int _flagOf(bool? compress) => switch (compress) {
    null => 0,
    true => _compress,
    false => _asItIs,
  };

  /// Most messages are short and ASCII: encoding them on the way into the
  /// scratch buffer saves a list and a copy.
  bool _writeAscii(String text, int length) {
    final scratch = _scratchBytes;
    for (var i = 0; i < length; i++) {
      final unit = text.codeUnitAt(i);
      if (unit > 0x7f) return false;
      scratch[i] = unit;
    }
    return true;
  }

  void _sendEncoded(int handle, int flags, List<int> bytes) {
    final size = bytes.length;
    if (size <= _scratchSize) {
      _scratchBytes.setRange(0, size, bytes);
      _check(_sendCopy(handle, flags, _scratch, size));
      return;
    }
    final buffer = _newBuffer(size);
    if (buffer == nullptr) throw OutOfMemoryError();
    try {
      buffer.asTypedList(size).setRange(0, size, bytes);
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
