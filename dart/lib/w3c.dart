/// The `WebSocket` of the browsers, for code that was written for dart:html's:
/// change the import.
///
/// ```dart
/// final socket = WebSocket('ws://localhost:8080', 'chat');
/// socket.onOpen.listen((_) => socket.send('Hello'));
/// socket.onMessage.listen((event) => print(event.data));
/// socket.onClose.listen((event) => print('${event.code} ${event.reason}'));
/// ```
///
/// It has what the [standard](https://websockets.spec.whatwg.org/) has and no
/// more. Request headers, time limits and pausing are `RustWebSocket`'s.
library;

export 'src/w3c/dom_exception.dart'
    show DomException, InvalidAccessError, InvalidStateError, SyntaxError;
export 'src/w3c/event.dart' show CloseEvent, ErrorEvent, Event, MessageEvent;
export 'src/w3c/web_socket.dart' show WebSocket;
