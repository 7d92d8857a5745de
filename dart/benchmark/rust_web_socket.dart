// Measures this package's channel, see src/program.dart.
import 'package:rust_web_socket/rust_web_socket.dart';

import 'src/channel_connection.dart';
import 'src/program.dart';

Future<void> main(List<String> arguments) => serve(arguments, (authority) {
  final options = WebSocketOptions(
    tls: TlsOptions(roots: [if (authority != null) authority]),
  );
  return (url, {pingInterval, reconnecting = false}) => connected(
    reconnecting
        ? ReconnectingWebSocketChannel.connect(
            url,
            pingInterval: pingInterval,
            options: options,
            reconnect: ReconnectOptions(
              decide: (_) => const ReconnectDecision.stop(),
            ),
          )
        : RustWebSocketChannel.connect(
            url,
            pingInterval: pingInterval,
            options: options,
          ),
  );
});
