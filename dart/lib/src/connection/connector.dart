/// Makes the connections of the platform: in Rust, or in a browser by its own
/// `WebSocket`.
library;

// Not `dart.library.ffi`: dart2wasm has that too.
export '../native/connection.dart'
    if (dart.library.js_interop) '../web/connector.dart'
    show connectorDelays, connectorFor;
