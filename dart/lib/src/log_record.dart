/// The level of a [WebSocketLogRecord], as in Rust's `log`.
enum LogLevel {
  /// A failure.
  error,

  /// A problem from which the library recovered.
  warn,

  /// A connection opened, failed or ended.
  info,

  /// Details for the developer of an app.
  debug,

  /// Details for the developer of this package.
  trace,
}

/// A log record of the native library.
final class WebSocketLogRecord {
  /// Creates a record with these values.
  const WebSocketLogRecord(this.time, this.level, this.target, this.message);

  /// When it was logged.
  final DateTime time;

  /// Its level.
  final LogLevel level;

  /// The Rust module that logged it.
  final String target;

  /// The message, without credentials and payloads.
  final String message;

  @override
  String toString() => '${level.name} $target: $message';
}
