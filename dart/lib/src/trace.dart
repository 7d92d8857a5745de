import 'dart:typed_data';

import 'close_info.dart';
import 'exceptions/connect_exception.dart';

/// An event of a connection, for tools and logs.
sealed class TraceEvent {
  const TraceEvent._(this.time);

  /// The time of the event.
  final DateTime time;
}

/// A frame was sent or received (RFC 6455 section 5.2).
final class TraceFrame extends TraceEvent {
  /// Creates the event of a frame with this first byte.
  const TraceFrame(
    super.time, {
    required this.isSent,
    required int firstByte,
    required this.size,
    required this.payload,
  }) : _firstByte = firstByte,
       super._();

  /// Whether this side sent it.
  final bool isSent;

  final int _firstByte;

  /// The opcode: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
  int get opcode => _firstByte & 0x0f;

  /// FIN: whether it is the last frame of its message.
  bool get isFinal => _firstByte & 0x80 != 0;

  /// RSV1: whether its message is compressed (RFC 7692 section 6).
  bool get isCompressed => _firstByte & 0x40 != 0;

  /// The size of its payload on the wire, in bytes.
  final int size;

  /// The first `WebSocketOptions.tracePayloadSize` bytes of its payload,
  /// unmasked, as on the wire.
  final Uint8List payload;

  @override
  String toString() =>
      '${isSent ? '->' : '<-'} ${_names[opcode] ?? 'opcode $opcode'}'
      '${isFinal ? '' : ' (more to come)'}'
      '${isCompressed ? ' (compressed)' : ''}, $size bytes';

  static const _names = {
    0: 'continuation',
    1: 'text',
    2: 'binary',
    8: 'close',
    9: 'ping',
    10: 'pong',
  };
}

/// The connection is open.
final class TraceOpened extends TraceEvent {
  /// Creates the event of an opening at [time].
  const TraceOpened(super.time) : super._();

  @override
  String toString() => 'open';
}

/// The connection could not be opened. It is the last event.
final class TraceFailed extends TraceEvent {
  /// Creates the event of a failure at [time].
  const TraceFailed(super.time, this.error) : super._();

  /// The cause.
  final ConnectException error;

  @override
  String toString() => 'failed: $error';
}

/// This side started the close.
final class TraceClosing extends TraceEvent {
  /// Creates the event of a close at [time].
  const TraceClosing(super.time) : super._();

  @override
  String toString() => 'closing';
}

/// The connection has ended. It is the last event.
final class TraceClosed extends TraceEvent {
  /// Creates the event of an end at [time].
  const TraceClosed(super.time, this.info) : super._();

  /// How it ended.
  final CloseInfo info;

  @override
  String toString() => 'closed: $info';
}
