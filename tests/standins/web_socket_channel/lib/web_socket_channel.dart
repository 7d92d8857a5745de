/// Stand-in for package:web_socket_channel: its types, and the adapter over a
/// WebSocket of package:web_socket.
library;

export 'src/channel.dart';
export 'src/exception.dart';
