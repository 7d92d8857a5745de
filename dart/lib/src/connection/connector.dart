/// The connections of the platform: Rust's, or in a browser the browser's.
library;

// Not `dart.library.ffi`: dart2wasm has that too.
export '../native/connection.dart'
    if (dart.library.js_interop) '../web/connector.dart'
    show connectorDelays, connectorFor;
