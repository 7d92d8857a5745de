/// How important a [WebSocketLogRecord] is, as Rust's `log` has it.
enum LogLevel {
  /// Something failed for good.
  error,

  /// Something is wrong and may go on.
  warn,

  /// A connection opened, failed or ended.
  info,

  /// What a developer of an app may want to know.
  debug,

  /// Everything.
  trace,
}

/// Something that the native library logged.
final class WebSocketLogRecord {
  /// A record of [time].
  const WebSocketLogRecord(this.time, this.level, this.target, this.message);

  /// When it was logged.
  final DateTime time;

  /// How important it is.
  final LogLevel level;

  /// The Rust module that it comes from.
  final String target;

  /// What happened; without credentials and payloads.
  final String message;

  @override
  String toString() => '${level.name} $target: $message';
}
