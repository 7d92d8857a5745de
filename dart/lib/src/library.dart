/// Loads the native library; on the web it does nothing.
library;

export 'native/library.dart'
    if (dart.library.js_interop) 'web/library.dart'
    show RustWebSocketLibrary;
