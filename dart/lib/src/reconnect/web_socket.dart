import 'dart:async';
import 'dart:typed_data';

import 'package:meta/meta.dart';
import 'package:web_socket/web_socket.dart';

import '../close_info.dart';
import '../connection/connect_target.dart';
import '../connection/connection.dart';
import '../connection/connection_controls.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../options/reconnect_options.dart';
import '../options/web_socket_options.dart';
import '../web_socket.dart';
import 'reconnect_controls.dart';
import 'reconnector.dart';
import 'setup.dart';

/// A [WebSocket] of `package:web_socket` that connects again when its
/// connection is lost.
///
/// [events] continues across connections. Queue, results and states are those
/// of `ReconnectingWebSocketChannel`.
final class ReconnectingWebSocket
    with ConnectionControls, ReconnectControls
    implements WebSocket {
  /// Starts to connect to [url], and returns at once.
  ///
  /// The arguments are those of `ReconnectingWebSocketChannel.connect`. Throws
  /// an [ArgumentError] for a scheme other than ws and wss, and for invalid
  /// arguments. To give up after a time, wait for [ready] and close:
  ///
  /// ```dart
  /// Future<ReconnectingWebSocket> open(Uri url) async {
  ///   final socket = ReconnectingWebSocket.connect(url);
  ///   try {
  ///     await socket.ready.timeout(const Duration(seconds: 30));
  ///   } catch (_) {
  ///     // Otherwise it continues to try.
  ///     socket.close().ignore();
  ///     rethrow;
  ///   }
  ///   return socket;
  /// }
  /// print(open);
  /// ```
  factory ReconnectingWebSocket.connect(
    Uri url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    Duration? pingInterval = const Duration(seconds: 20),
    Duration? connectTimeout = const Duration(seconds: 10),
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) {
    ConnectionRequest.checkScheme(url);
    return ReconnectingWebSocket.over(
      ReconnectSetup(
        ConnectionRequest(
          url,
          protocols: protocols,
          headers: headers,
          pingInterval: pingInterval,
          connectTimeout: connectTimeout,
          options: options,
        ),
        reconnect: reconnect,
        refusesOtherProtocols: true,
      ),
    );
  }

  /// Starts to connect to the result of [findTarget], as
  /// `ReconnectingWebSocketChannel.connectTo` does.
  factory ReconnectingWebSocket.connectTo(
    FutureOr<ConnectTarget> Function(int attempt) findTarget, {
    Duration? pingInterval = const Duration(seconds: 20),
    Duration? connectTimeout = const Duration(seconds: 10),
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocket.over(
    ReconnectSetup(
      ConnectionRequest(
        ConnectionRequest.unknownUrl,
        pingInterval: pingInterval,
        connectTimeout: connectTimeout,
        options: options,
      ),
      findTarget: findTarget,
      reconnect: reconnect,
      refusesOtherProtocols: true,
    ),
  );

  /// A socket over the connections that [setup] makes.
  @internal
  ReconnectingWebSocket.over(ReconnectSetup setup) {
    _socket = RustWebSocket.opening(
      (listener) => (reconnector = Reconnector(
        setup,
        _Opening(listener, _ready),
      )).connection,
    );
    _ready.future.ignore();
  }

  final _ready = Completer<void>();

  /// Completes when the first connection is open, or with a `ConnectException`
  /// when the socket gives up or is closed before. Its error is never reported
  /// as unhandled.
  ///
  /// A timeout on it does not end the attempts; [close] does.
  Future<void> get ready => _ready.future;

  late final RustWebSocket _socket;

  @override
  @internal
  late final Reconnector reconnector;

  @override
  @internal
  Connection get connection => reconnector.connection;

  /// The messages of one connection after another. When the socket gives up,
  /// [CloseReceived] follows, with the code of the last connection, or 1006 if
  /// there never was one. A replaced connection has no [CloseReceived].
  @override
  Stream<WebSocketEvent> get events => _socket.events;

  /// The subprotocol of the current or the last connection.
  @override
  String get protocol => reconnector.protocol ?? '';

  /// The extensions of the current or the last connection.
  String get extensions => reconnector.extensions;

  /// How the last connection ended; null before.
  CloseInfo? get closeInfo => reconnector.closeInfo;

  /// Completes when the socket is closed or gives up; see
  /// [RustWebSocket.ended].
  Future<CloseInfo> get ended => _socket.ended;

  /// Sends a text message, or queues it while there is no connection.
  ///
  /// Throws [WebSocketConnectionClosed] after the end, and a
  /// `QueueFullException` if the queue is full and its policy is
  /// `QueuePolicy.fail`.
  @override
  void sendText(String s, {bool? compress}) =>
      _socket.sendText(s, compress: compress);

  /// Sends or queues a binary message; see [sendText].
  @override
  void sendBytes(Uint8List b, {bool? compress}) =>
      _socket.sendBytes(b, compress: compress);

  /// Closes the connection and makes no more attempts; see
  /// `RustWebSocket.close`.
  @override
  Future<void> close([int? code, String? reason]) =>
      _socket.close(code, reason);
}

/// Completes `ready` with the first opening. A socket that never opens ends
/// with an event, as after a lost connection.
final class _Opening implements ConnectionListener {
  _Opening(this._socket, this._ready);

  final ConnectionListener _socket;
  final Completer<void> _ready;

  @override
  void onOpen(String? protocol, {String extensions = ''}) {
    _ready.complete();
    _socket.onOpen(protocol, extensions: extensions);
  }

  @override
  void onFailed(ConnectException error) {
    _ready.completeError(error);
    _socket.onClosed(CloseInfo.notOpened(error));
  }

  @override
  void guard(void Function() deliver) => _socket.guard(deliver);

  @override
  void onMessage(Object message) => _socket.onMessage(message);

  @override
  void onClosed(CloseInfo info) => _socket.onClosed(info);

  @override
  void onDone() => _socket.onDone();
}
