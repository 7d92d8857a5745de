/// The native library of this package. On the web there is none, and the
/// browser's own `WebSocket` does the work.
abstract final class RustWebSocketLibrary {
  /// Does nothing on the web. Elsewhere it loads the library.
  static void load({String? path}) {}
}
