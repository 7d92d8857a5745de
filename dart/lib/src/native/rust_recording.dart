import '../inspector/connect_step.dart';
import '../inspector/recording.dart';
import '../rust/api/recording.dart' as rust;

/// What Rust has recorded of a connection. It keeps the recordings of the last
/// connections that were released.
final class RustRecording implements Recording {
  /// The recording of the connection with this handle; 0 is none.
  const RustRecording(this._handle);

  final int _handle;

  @override
  List<ConnectStep> get steps => [
    if (_handle != 0)
      for (final step in rust.steps(handle: _handle))
        ConnectStep(
          kind: step.kind.name,
          target: step.target,
          start: step.start,
          end: step.end,
          detail: step.detail,
          error: step.error,
        ),
  ];

  @override
  RecordedFrames? frames(int after, int limit) {
    if (_handle == 0) return null;
    final frames = rust.recordedFrames(
      handle: _handle,
      after: after,
      maxFrames: limit,
    );
    if (frames == null) return null;
    return RecordedFrames(
      frames.records,
      next: frames.next,
      isComplete: frames.isComplete,
      sent: frames.sent,
      received: frames.received,
    );
  }

  @override
  void watch(int? payloadSize) {
    if (_handle != 0) rust.watch(handle: _handle, payloadSize: payloadSize);
  }
}
