/// What Rust has recorded for the inspector.
library;

import '../inspector/connect_step.dart';
import '../inspector/recorded_frames.dart';
import '../rust/api/recording.dart' as rust;

/// The steps of connecting of the connection with this handle.
List<ConnectStep> connectSteps(int handle) => [
  for (final step in rust.steps(handle: handle))
    ConnectStep(
      kind: step.kind.name,
      target: step.target,
      start: step.start,
      end: step.end,
      detail: step.detail,
      error: step.error,
    ),
];

/// At most [limit] recorded frames of the connection with this handle that
/// follow the position [after].
RecordedFrames? recordedFramesOf(int handle, int after, int limit) =>
    switch (rust.recordedFrames(
      handle: handle,
      after: after,
      maxFrames: limit,
    )) {
      null => null,
      final frames => RecordedFrames(
        frames.records,
        next: frames.next,
        isComplete: frames.isComplete,
        sent: frames.sent,
        received: frames.received,
      ),
    };
