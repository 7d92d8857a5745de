/// The `SocketTask` of the mini-programs (WeChat, ByteDance, Alipay), for code
/// that is ported from them.
///
/// ```dart
/// final task = connectSocket(
///   url: 'ws://localhost:8080',
///   header: {'Authorization': 'Bearer …'},
/// );
/// task.onOpen((_) => task.send(data: 'Hello', fail: (it) => print(it.errMsg)));
/// task.onMessage((event) => print(event.data));
/// ```
///
/// It is a library of its own, beside `w3c.dart`, because it can do what the
/// standard can't (request headers, a time limit) and no code needs both.
library;

export 'src/w3c/event.dart' show CloseEvent, ErrorEvent, Event, MessageEvent;
export 'src/w3c/socket_task.dart'
    show SocketTask, SocketTaskResult, connectSocket;
