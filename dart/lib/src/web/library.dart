import '../log_record.dart';

/// The native library of this package. The web has none; the browser's
/// `WebSocket` is used.
abstract final class RustWebSocketLibrary {
  /// Does nothing on the web. On other platforms it loads the library.
  static void load({String? path, bool fromEnvironment = true}) {}

  /// An empty stream on the web. On other platforms the library's log records.
  static Stream<WebSocketLogRecord> logs({LogLevel level = LogLevel.info}) =>
      const Stream.empty();
}
