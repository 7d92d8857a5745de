import 'dart:async';
import 'dart:typed_data';

import 'package:meta/meta.dart';
import 'package:web_socket/web_socket.dart';

import '../close_info.dart';
import '../connection.dart';
import '../connection_controls.dart';
import '../connector.dart';
import '../options.dart';
import '../web_socket.dart';
import 'options.dart';
import 'reconnecting.dart';
import 'reconnector.dart';

/// `package:web_socket`'s [WebSocket] that connects again when its connection is
/// lost.
///
/// It is to `RustWebSocket` what `ReconnectingWebSocketChannel` is to
/// `RustWebSocketChannel`, and works in the same way: [events] goes on across
/// connections.
final class ReconnectingWebSocket
    with ConnectionControls, Reconnecting
    implements WebSocket {
  ReconnectingWebSocket._();

  /// Connects to [url]; completes when the first connection is open.
  ///
  /// The arguments are those of `ReconnectingWebSocketChannel.connect`, and
  /// throw the same. The future has a `ConnectException` if it gives up before.
  static Future<ReconnectingWebSocket> connect(
    Uri url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    Duration? pingInterval = const Duration(seconds: 20),
    Duration? connectTimeout = const Duration(seconds: 10),
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) async {
    if (!url.isScheme('ws') && !url.isScheme('wss')) {
      throw ArgumentError.value(url, 'url', 'must have the scheme ws or wss');
    }
    return over(
      ReconnectSetup(
        target: ConnectTarget(url, protocols: protocols, headers: headers),
        pingInterval: pingInterval,
        connectTimeout: connectTimeout,
        options: options,
        reconnect: reconnect,
        refusesOtherProtocols: true,
        connectorFor: connectorFor,
        connectorDelays: connectorDelays,
      ),
    );
  }

  /// Connects to what [findTarget] answers, as
  /// `ReconnectingWebSocketChannel.connectTo` does.
  static Future<ReconnectingWebSocket> connectTo(
    FutureOr<ConnectTarget> Function(int attempt) findTarget, {
    Duration? pingInterval = const Duration(seconds: 20),
    Duration? connectTimeout = const Duration(seconds: 10),
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) async => over(
    ReconnectSetup(
      findTarget: findTarget,
      pingInterval: pingInterval,
      connectTimeout: connectTimeout,
      options: options,
      reconnect: reconnect,
      refusesOtherProtocols: true,
      connectorFor: connectorFor,
      connectorDelays: connectorDelays,
    ),
  );

  /// A socket over any connections, once the first is open.
  @internal
  static Future<ReconnectingWebSocket> over(ReconnectSetup setup) async {
    final socket = ReconnectingWebSocket._();
    socket._socket = await RustWebSocket.over(
      (listener) => socket.reconnector = Reconnector(setup, listener),
    );
    return socket;
  }

  late final RustWebSocket _socket;

  @override
  @internal
  late final Reconnector reconnector;

  @override
  @internal
  Connection get connection => reconnector;

  /// What arrives, from one connection after another. [CloseReceived] comes when
  /// it gives up, with the code of the last connection, and not for one that is
  /// lost in between.
  @override
  Stream<WebSocketEvent> get events => _socket.events;

  /// The subprotocol of the connection that is open, or was last.
  @override
  String get protocol => reconnector.protocol ?? '';

  /// The extensions of the connection that is open, or was last.
  String get extensions => reconnector.extensions;

  /// How the last connection that has ended did so, whoever ended it.
  CloseInfo? get closeInfo => reconnector.closeInfo;

  /// Sends a text message, or queues it while there is no connection.
  ///
  /// Throws [WebSocketConnectionClosed] after the end, and a
  /// `QueueFullException` if the queue's policy says so.
  @override
  void sendText(String s, {bool? compress}) =>
      _socket.sendText(s, compress: compress);

  /// Sends a binary message; for the rest see [sendText].
  @override
  void sendBytes(Uint8List b, {bool? compress}) =>
      _socket.sendBytes(b, compress: compress);

  /// Ends it for good; see `RustWebSocket.close`.
  @override
  Future<void> close([int? code, String? reason]) =>
      _socket.close(code, reason);
}
