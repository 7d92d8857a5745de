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
  /// A server that accepts every connect, with the subprotocol [protocol], and
  /// hands its end of the connection to [onConnect].
  FakeServer({this.onConnect, this.protocol});

  /// Gets the server's end of each connection.
  final void Function(RustWebSocketChannel peer)? onConnect;

  /// The subprotocol of each connection.
  final String? protocol;

  /// While it is set, every connect fails with it.
  ConnectException? refusal;

  /// What its clients see of their connections.
  final controls = FakeControls();

  /// A client's channel to this server.
  RustWebSocketChannel connect() => RustWebSocketChannel.over(_connector);

  /// A client's reconnecting channel to this server. It waits as with any
  /// server, in the time of the zone that this is called in: with
  /// package:fake_async, as in `testWidgets`, a test decides how fast that
  /// goes. Without it `BackoffOptions` of a millisecond are of use.
  ReconnectingWebSocketChannel connectReconnecting({
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocketChannel.over(_setup(reconnect));

  /// A client's socket to this server.
  Future<RustWebSocket> connectWebSocket() => RustWebSocket.over(_connector);

  /// A client's reconnecting socket to this server; see [connectReconnecting].
  ReconnectingWebSocket connectReconnectingWebSocket({
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocket.over(_setup(reconnect));

  /// A client's socket of `w3c.dart` to this server, whose [protocol] must be
  /// among [protocols].
  w3c.WebSocket connectW3c([Object? protocols]) =>
      w3c.WebSocket.over((_) => _connector, 'ws://fake.test', protocols);

  /// Loses every connection: both ends have the close code 1006, in a later
  /// turn of the event loop. What is sent until then is lost.
  void dropConnections() {
    for (final connection in controls.connections.toList()) {
      connection.drop();
    }
  }

  ReconnectSetup _setup(ReconnectOptions reconnect) => ReconnectSetup(
    ConnectionRequest('ws://fake.test'),
    reconnect: reconnect,
    connectorFor: (_) => _connector,
    connectorDelays: false,
  );

  Connection _connector(ConnectionListener listener) {
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

/// Two channels that are connected to each other.
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
