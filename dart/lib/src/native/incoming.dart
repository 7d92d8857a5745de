import 'dart:collection';
import 'dart:typed_data';

import '../connection/delivery.dart';

/// Decodes the batches of `rust/bridge/src/ffi/batch.rs` and delivers their
/// messages.
///
/// A batch is a list of records: one byte of kind, four bytes of length
/// (little-endian) and the payload. Before a text of UTF-16 code units there
/// may be a byte of [_padding], so that they are aligned. A kind with
/// [_detached] has its payload
/// beside the batch. A batch's credit is returned when its last message has
/// been delivered and the listener has not paused. So a paused listener makes
/// the peer wait, and an answer that is sent in `await for` precedes the
/// credit.
final class Incoming extends Delivery {
  /// Creates a paused delivery to [listener]; [grant] returns a batch's credit.
  Incoming(super.listener, {required void Function() grant}) : _grant = grant;

  final void Function() _grant;

  final Queue<List<Object?>> _waiting = Queue();

  // The batch that is being delivered, and the position in it.
  Uint8List? _batch;

  /// The batch as UTF-16 code units, for its texts that are not ASCII.
  Uint16List? _units;
  List<Object?> _payloads = const [];
  int _offset = 0;
  int _nextPayload = 0;

  /// Adds a message of the port: a batch, or a list of a batch and its detached
  /// payloads.
  void add(Object message) {
    _waiting.add(message is Uint8List ? [message] : message as List<Object?>);
    deliver();
  }

  /// Whether Rust is certain to read on. It stops when messages with a cost of
  /// 2 MiB wait (`rust/core/src/connection/credit.rs`); the smallest message
  /// costs 32 bytes, and has 5 here.
  bool get hasRoom {
    if (discards) return true;
    var waiting = 0;
    for (final batch in [_payloads, ..._waiting]) {
      for (final part in batch) {
        waiting += (part! as Uint8List).length;
        if (waiting > _certainlyRead) return false;
      }
    }
    return true;
  }

  static const _certainlyRead = 256 * 1024;

  @override
  bool moveNext() {
    if (_batch != null) return true;
    if (_waiting.isEmpty) return false;
    _payloads = _waiting.removeFirst();
    _batch = _payloads[0]! as Uint8List;
    _nextPayload = 1;
    _offset = 0;
    return true;
  }

  @override
  void finishCurrent() {
    _batch = null;
    _units = null;
    _payloads = const [];
    _grant();
  }

  @override
  void deliverCurrent() {
    final batch = _batch!;
    final end = batch.length;
    final listener = this.listener;
    var offset = _offset;
    while (offset < end && mayDeliver) {
      final kind = batch[offset];
      if (kind == _padding) {
        offset++;
        continue;
      }
      final start = offset + _headerSize;
      final size =
          batch[offset + 1] |
          batch[offset + 2] << 8 |
          batch[offset + 3] << 16 |
          batch[offset + 4] << 24;
      offset = start + size;
      // Before the call, so that a listener that throws does not get it again.
      _offset = offset;
      if (kind == _asciiText) {
        listener.onMessage(String.fromCharCodes(batch, start, offset));
      } else {
        listener.onMessage(_decode(kind, batch, start, offset));
      }
    }
    if (offset >= end && !isPaused) finishCurrent();
  }

  Object _decode(int kind, Uint8List batch, int start, int end) {
    switch (kind) {
      case _utf16Text:
        final units = _units ??= _unitsOf(batch);
        return String.fromCharCodes(units, start >> 1, end >> 1);
      case _binary:
        // A copy, since a view would keep the whole batch alive.
        return batch.sublist(start, end);
    }
    final payload = _payloads[_nextPayload++]! as Uint8List;
    return switch (kind & ~_detached) {
      _asciiText => String.fromCharCodes(payload),
      _utf16Text => String.fromCharCodes(_unitsOf(payload)),
      _ => payload,
    };
  }

  static Uint16List _unitsOf(Uint8List bytes) =>
      bytes.buffer.asUint16List(bytes.offsetInBytes, bytes.length >> 1);

  static const _headerSize = 5;
  static const _asciiText = 0;
  static const _utf16Text = 1;
  static const _binary = 2;
  static const _padding = 3;
  static const _detached = 0x80;
}
