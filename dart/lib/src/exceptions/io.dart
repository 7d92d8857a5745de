/// The types of dart:io that this package's exceptions are, or on the web
/// stand-ins for them.
library;

export 'dart:io'
    if (dart.library.js_interop) '../web/io.dart'
    show
        HandshakeException,
        HttpException,
        InternetAddress,
        OSError,
        SocketException,
        WebSocketException;
