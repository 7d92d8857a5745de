/// What the conformance suite needs of an implementation of `Connection`.
library;

import 'package:rust_web_socket/src/connection/connection.dart';

/// An implementation under test, with servers for it.
abstract interface class Implementation {
  /// What the tests are grouped under.
  String get name;

  /// Whether `ping` works. If not, it throws an [UnsupportedError].
  bool get canPing;

  /// Starts a server whose connections have the subprotocol [protocol] and are
  /// made with the limit [maxBufferedAmount].
  Future<Server> start({String? protocol, int? maxBufferedAmount});
}

/// A server for one implementation.
abstract interface class Server {
  /// Connects to this server.
  Connector get connector;

  /// Tries to connect where no server is.
  Connector get failingConnector;

  /// The server's end of the next connection.
  Future<Peer> accept();
}

/// The server's end of a connection.
abstract interface class Peer {
  /// The client's next message; null when the connection has ended.
  Future<Object?> receive();

  /// The client's close code, 1005 for none, and reason; after [receive] has
  /// returned null.
  (int?, String?) get closed;

  /// Sends a `String` or a `List<int>`.
  void send(Object message);

  /// Sends a Close frame.
  void close(int code, String reason);

  /// Ends the connection without a Close frame.
  void drop();
}
