import 'package:meta/meta.dart';

import '../channel.dart';
import '../connection/connection.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../options/reconnect_options.dart';
import '../reconnect/channel.dart';
import '../reconnect/setup.dart';
import '../reconnect/web_socket.dart';
import '../w3c/web_socket.dart' as w3c;
import '../web_socket.dart';
import 'fake_connection.dart';
import 'fake_controls.dart';

/// A server in memory, for unit tests of code that uses a channel or a socket.
final class FakeServer {
  /// Creates a server that accepts every connect with the subprotocol
  /// [protocol], and passes its end of the connection to [onConnect].
  FakeServer({this.onConnect, this.protocol});

  /// Called with the server's end of each connection.
  final void Function(RustWebSocketChannel peer)? onConnect;

  /// The subprotocol of each connection.
  final String? protocol;

  /// The error of every connect while it is not null.
  ConnectException? refusal;

  /// The values that its clients observe.
  final controls = FakeControls();

  /// Connects a channel to this server.
  RustWebSocketChannel connect() => RustWebSocketChannel.over(connector);

  /// Connects a reconnecting channel to this server. Its back-off waits as with
  /// any server, in the time of the current zone. With package:fake_async,
  /// which `testWidgets` uses, a test controls that time; without it, use
  /// `BackoffOptions` of a millisecond.
  ReconnectingWebSocketChannel connectReconnecting({
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocketChannel.over(_setup(reconnect));

  /// Connects a socket to this server.
  Future<RustWebSocket> connectWebSocket() => RustWebSocket.over(connector);

  /// Connects a reconnecting socket to this server; see [connectReconnecting].
  ReconnectingWebSocket connectReconnectingWebSocket({
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocket.over(_setup(reconnect));

  /// Connects a socket of `w3c.dart` to this server. [protocols] must contain
  /// the server's [protocol].
  w3c.WebSocket connectW3c([Object? protocols]) =>
      w3c.WebSocket.over((_) => connector, 'ws://fake.test', protocols);

  /// Loses every connection. Both ends have the close code 1006 in a later
  /// event-loop turn. Messages that are sent until then are lost.
  void dropConnections() {
    for (final connection in controls.connections.toList()) {
      connection.drop();
    }
  }

  ReconnectSetup _setup(ReconnectOptions reconnect) => ReconnectSetup(
    ConnectionRequest('ws://fake.test'),
    reconnect: reconnect,
    connectorFor: (_) => connector,
    connectorDelays: false,
  );

  /// Connects to this server.
  @internal
  Connection connector(ConnectionListener listener) {
    if (refusal case final error?) {
      return FakeConnection.failing(listener, error);
    }
    final client = FakeConnection(listener, controls);
    final peer = RustWebSocketChannel.over((listener) {
      final server = FakeConnection(listener, FakeControls());
      FakeConnection.join(client, server, protocol: protocol);
      return server;
    });
    onConnect?.call(peer);
    return client;
  }
}

/// Creates two channels that are connected to each other.
({RustWebSocketChannel client, RustWebSocketChannel server}) connectedChannels({
  String? protocol,
}) {
  late final RustWebSocketChannel server;
  final client = FakeServer(
    onConnect: (peer) => server = peer,
    protocol: protocol,
  ).connect();
  return (client: client, server: server);
}
