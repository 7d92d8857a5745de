/// The implementations that connect to a server over TCP.
library;

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/connection.dart';
import 'package:rust_web_socket/src/connection/connector.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/reconnect/reconnector.dart';
import 'package:rust_web_socket/src/reconnect/setup.dart';

import 'dart_io_server.dart';
import 'implementation.dart';

/// An implementation that connects to a server over TCP.
final class Networked implements Implementation {
  /// Creates one that connects with [_connectorFor].
  const Networked(this.name, this._connectorFor, {required this.canPing});

  final Connector Function(ConnectionRequest request) _connectorFor;

  @override
  final String name;

  @override
  final bool canPing;

  @override
  Future<Server> start({String? protocol, int? maxBufferedAmount}) =>
      DartIoServer.start(
        (url) => _connectorFor(
          ConnectionRequest(
            url,
            protocols: [if (protocol != null) protocol],
            options: WebSocketOptions(maxBufferedAmount: maxBufferedAmount),
          ),
        ),
        protocol: protocol,
      );
}

/// The connector of a reconnecting channel that gives up at the first loss.
Connector reconnecting(ConnectionRequest request) {
  final setup = ReconnectSetup(
    request,
    reconnect: ReconnectOptions(decide: (_) => const ReconnectDecision.stop()),
  );
  return (listener) => Reconnector(setup, listener).connection;
}
