/// dart:io's `WebSocket`, for code that was written for it: change the import
/// and the class name.
///
/// ```dart
/// final socket = await RustIoWebSocket.connect('ws://localhost:8080');
/// socket.listen(
///   (message) => print('received: $message'),
///   onDone: () => print('closed: ${socket.closeCode}'),
/// );
/// socket.add('Hello');
/// ```
///
/// [RustIoWebSocket] is a [WebSocket]: everything that takes one takes it. This
/// library needs dart:io, so a program for browsers can't import it; the others
/// of this package don't import it. For a server use dart:io.
library;

// What code for it names.
export 'dart:io'
    show CompressionOptions, WebSocket, WebSocketException, WebSocketStatus;

export 'src/io/web_socket.dart' show RustIoWebSocket;
