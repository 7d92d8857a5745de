/// How to name the native library, which there is none of on the web.
library;

export 'native/library.dart'
    if (dart.library.js_interop) 'web/library.dart'
    show RustWebSocketLibrary;
