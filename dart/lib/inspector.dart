/// What the inspector of WebSocket connections may show and do, in debug and
/// profile mode.
///
/// The inspector is a DevTools extension and a page: see
/// `docs/inspector.md`.
library;

export 'src/inspector/inspector.dart' show WebSocketInspector;
