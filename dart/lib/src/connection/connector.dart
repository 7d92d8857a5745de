/// The connector of the platform: the native library, or the browser's
/// `WebSocket`.
library;

// Not `dart.library.ffi`: dart2wasm has that too.
export '../native/connection.dart'
    if (dart.library.js_interop) '../web/connector.dart'
    show connectorDelays, connectorFor;
