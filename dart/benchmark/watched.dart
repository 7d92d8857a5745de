// Measures this package's channel while the inspector watches each connection,
// see src/program.dart.
import 'dart:async';
import 'dart:convert';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/inspector/inspected_connection.dart';
import 'package:rust_web_socket/src/inspector/inspector.dart';

import 'src/channel_connection.dart';
import 'src/program.dart';

Future<void> main(List<String> arguments) => serve(arguments, (authority) {
  final options = WebSocketOptions(
    tls: TlsOptions(roots: [if (authority != null) authority]),
  );
  InspectedConnection? watched;
  var position = 0;
  // As the page does, which also needs time of its own for it.
  Timer.periodic(const Duration(milliseconds: 100), (_) {
    final frames = watched?.frames(position, 4096);
    if (frames == null) return;
    position = frames.next;
    jsonEncode({'frames': base64Encode(frames.records)});
  });
  return (url, {pingInterval, reconnecting = false}) {
    final channel = RustWebSocketChannel.connect(
      url,
      pingInterval: pingInterval,
      options: options,
    );
    position = 0;
    watched = Inspector.current!.connections.last..watch(1024);
    return connected(channel);
  };
});
