/// The browsers' `WebSocket`. Code that uses dart:html's needs only another
/// import.
///
/// ```dart
/// final socket = WebSocket('ws://localhost:8080', 'chat');
/// socket.onOpen.listen((_) => socket.send('Hello'));
/// socket.onMessage.listen((event) => print(event.data));
/// socket.onClose.listen((event) => print('${event.code} ${event.reason}'));
/// ```
///
/// It has the interface of the [standard](https://websockets.spec.whatwg.org/).
/// For request headers, time limits and pausing use `RustWebSocket`.
library;

export 'src/w3c/dom_exception.dart'
    show DomException, InvalidAccessError, InvalidStateError, SyntaxError;
export 'src/w3c/event.dart' show CloseEvent, ErrorEvent, Event, MessageEvent;
export 'src/w3c/web_socket.dart' show WebSocket;
