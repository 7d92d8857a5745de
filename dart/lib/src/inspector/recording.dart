import 'dart:typed_data';

import 'connect_step.dart';

/// What a connection has recorded. It is there after the end too.
abstract interface class Recording {
  /// The steps of connecting so far.
  List<ConnectStep> get steps;

  /// At most [limit] recorded frames that follow the position [after]; null if
  /// nothing is recorded.
  RecordedFrames? frames(int after, int limit);

  /// Records all following frames with the first [payloadSize] bytes of their
  /// payloads, or, if it is null, what an unwatched connection records.
  void watch(int? payloadSize);
}

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
}
