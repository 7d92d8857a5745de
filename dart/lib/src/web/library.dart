import '../log_record.dart';

/// The native library of this package. On the web there is none, and the
/// browser's own `WebSocket` does the work.
abstract final class RustWebSocketLibrary {
  /// Does nothing on the web. Elsewhere it loads the library.
  static void load({String? path, bool fromEnvironment = true}) {}

  /// Nothing on the web. Elsewhere what the library logs.
  static Stream<WebSocketLogRecord> logs({LogLevel level = LogLevel.info}) =>
      const Stream.empty();
}
