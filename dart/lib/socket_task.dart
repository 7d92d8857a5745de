/// The `SocketTask` of mini-programs (WeChat, ByteDance, Alipay), for code that
/// is ported from them.
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
/// Unlike the W3C interface in `w3c.dart` it has request headers and a connect
/// timeout.
library;

export 'src/w3c/event.dart' show CloseEvent, ErrorEvent, Event, MessageEvent;
export 'src/w3c/socket_task.dart'
    show SocketTask, SocketTaskResult, connectSocket;
