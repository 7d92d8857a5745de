import 'dart:typed_data';

/// Frames that a connection has recorded.
final class RecordedFrames {
  /// Creates frames with these values.
  const RecordedFrames(
    this.records, {
    required this.next,
    required this.isComplete,
    required this.sent,
    required this.received,
  });

  /// Joins the answers of [read], which gets the position after which to go
  /// on. The first is 0.
  static RecordedFrames? all(RecordedFrames? Function(int after) read) {
    final records = BytesBuilder(copy: false);
    for (var after = 0; ;) {
      final part = read(after);
      if (part == null) return null;
      records.add(part.records);
      if (part.isComplete) {
        return RecordedFrames(
          records.takeBytes(),
          next: part.next,
          isComplete: true,
          sent: part.sent,
          received: part.received,
        );
      }
      after = part.next;
    }
  }

  /// The records, one behind the other. `rust/core/src/connection/recording.rs`
  /// has their format.
  final Uint8List records;

  /// The position behind the last record.
  final int next;

  /// Whether there are no more at the moment.
  final bool isComplete;

  /// The number of frames sent so far, recorded or not.
  final int sent;

  /// The number of frames received so far, recorded or not.
  final int received;

  /// At most [limit] of these frames that follow the position [after], and at
  /// most 1 MiB or one frame.
  RecordedFrames following(int after, int limit) {
    final offsets = [0];
    final data = ByteData.sublistView(records);
    while (offsets.last < records.length) {
      final length = data.getUint32(offsets.last + _length, Endian.little);
      offsets.add(offsets.last + _headerSize + length);
    }
    final count = offsets.length - 1;
    final first = next - count;
    final start = (after - first).clamp(0, count);
    var end = start;
    while (end < count && end - start < limit) {
      final size = offsets[end + 1] - offsets[start];
      if (end > start && size > _maxAnswerSize) break;
      end++;
    }
    return RecordedFrames(
      Uint8List.sublistView(records, offsets[start], offsets[end]),
      next: first + end,
      isComplete: end == count,
      sent: sent,
      received: received,
    );
  }

  /// The same numbers without the records.
  RecordedFrames get withoutRecords => RecordedFrames(
    Uint8List(0),
    next: next,
    isComplete: true,
    sent: sent,
    received: received,
  );

  static const _headerSize = 38;
  static const _length = 34;
  static const _maxAnswerSize = 1024 * 1024;
}
