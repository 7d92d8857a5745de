// Measures package:web_socket_channel over dart:io, see src/program.dart. It
// needs the real package, since the stand-in has no io.dart.
import 'package:web_socket_channel/io.dart';

import 'src/channel_connection.dart';
import 'src/http_client.dart';
import 'src/program.dart';

Future<void> main(List<String> arguments) => serve(arguments, (authority) {
  final client = httpClient(authority);
  return (url, {pingInterval, reconnecting = false}) => connected(
    IOWebSocketChannel.connect(
      url,
      pingInterval: pingInterval,
      customClient: client,
    ),
  );
});
