/// The trace of a connection: its states, and the frames that Rust reports while
/// somebody listens.
library;

import 'dart:async';
import 'dart:typed_data';

import '../trace.dart';

/// The trace of one connection.
final class ConnectionTrace {
  /// A trace that calls [onListened] when its first listener comes and its last
  /// one goes.
  ConnectionTrace({required void Function(bool isListened) onListened})
    : _events = StreamController.broadcast(
        onListen: () => onListened(true),
        onCancel: () => onListened(false),
      );

  final StreamController<TraceEvent> _events;

  /// A broadcast stream.
  Stream<TraceEvent> get stream => _events.stream;

  /// Adds an event of this moment.
  void add(TraceEvent Function(DateTime now) event) {
    if (_events.hasListener) _events.add(event(DateTime.now()));
  }

  /// Adds the frames of a note.
  void addFrames(Uint8List frames) {
    if (_events.hasListener) _unpack(frames).forEach(_events.add);
  }

  /// Ends the stream.
  void close() => unawaited(_events.close());

  /// As `rust/bridge/src/ffi/port.rs` packs them.
  static Iterable<TraceFrame> _unpack(Uint8List bytes) sync* {
    const headerSize = 22;
    final data = ByteData.sublistView(bytes);
    for (var start = 0; start < bytes.length;) {
      final payloadStart = start + headerSize;
      final end = payloadStart + data.getUint32(start + 18, Endian.little);
      yield TraceFrame(
        DateTime.fromMicrosecondsSinceEpoch(
          data.getUint64(start + 2, Endian.little),
        ),
        isSent: bytes[start] == 1,
        firstByte: bytes[start + 1],
        size: data.getUint64(start + 10, Endian.little),
        payload: bytes.sublist(payloadStart, end),
      );
      start = end;
    }
  }
}
