/// The dart:io types that this package's exceptions implement; on the web,
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
