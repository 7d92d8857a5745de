import 'dart:collection';
import 'dart:convert';
import 'dart:typed_data';

import '../connection/delivery.dart';

/// From Rust to Dart: decodes the batches of
/// `rust/bridge/src/ffi/batch.rs` and delivers their messages while it may.
///
/// A batch is a run of records, each one byte of kind, four bytes of length
/// (little-endian) and the payload; a kind with [_detached] set has its payload
/// beside the batch. A batch's credit is given back when its last message has
/// been delivered and the listener has not paused, so that a paused listener
/// makes the peer wait, and `await for` can answer each message before Rust
/// hears that it was consumed.
final class Incoming extends Delivery {
  /// Delivers to [listener], and gives the credit of a batch back with [grant].
  Incoming(super.listener, {required void Function() grant}) : _grant = grant;

  final void Function() _grant;

  final Queue<List<Object?>> _waiting = Queue();

  // The batch under delivery, and how far it is.
  Uint8List? _batch;
  List<Object?> _payloads = const [];
  int _offset = 0;
  int _nextPayload = 0;

  /// Takes a message of the port: a batch, or a list of one and the payloads
  /// beside it.
  void add(Object message) {
    _waiting.add(message is Uint8List ? [message] : message as List<Object?>);
    deliver();
  }

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
      final start = offset + _headerSize;
      final size =
          batch[offset + 1] |
          batch[offset + 2] << 8 |
          batch[offset + 3] << 16 |
          batch[offset + 4] << 24;
      offset = start + size;
      // Before the call: a listener that throws must not see it again.
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
    final Uint8List payload;
    if (kind & _detached != 0) {
      payload = _payloads[_nextPayload++]! as Uint8List;
    } else if (kind == _binary) {
      // A copy, since a view of it would keep the whole batch alive.
      return batch.sublist(start, end);
    } else {
      payload = Uint8List.sublistView(batch, start, end);
    }
    return switch (kind & ~_detached) {
      _asciiText => String.fromCharCodes(payload),
      _utf8Text => _decodeUtf8(payload),
      _ => payload,
    };
  }

  /// Dart's decoder drops a byte order mark at the start, which is part of the
  /// message.
  static String _decodeUtf8(Uint8List bytes) {
    final text = utf8.decode(bytes);
    final hasMark =
        bytes.length >= 3 &&
        bytes[0] == 0xef &&
        bytes[1] == 0xbb &&
        bytes[2] == 0xbf;
    return hasMark ? '\ufeff$text' : text;
  }

  static const _headerSize = 5;
  static const _asciiText = 0;
  static const _utf8Text = 1;
  static const _binary = 2;
  static const _detached = 0x80;
}
