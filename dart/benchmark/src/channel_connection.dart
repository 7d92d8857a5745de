import 'package:web_socket_channel/web_socket_channel.dart';

import 'connection.dart';

/// The connection of [channel], once it is open.
Future<Connection> connected(WebSocketChannel channel) async {
  await channel.ready;
  return _ChannelConnection(channel);
}

final class _ChannelConnection extends Connection {
  _ChannelConnection(this._channel) : super(_channel.stream.listen(null));

  final WebSocketChannel _channel;

  @override
  void send(Object message) => _channel.sink.add(message);

  @override
  Future<void> close() => _channel.sink.close();
}
