import 'dart:async';

import 'package:meta/meta.dart';
import 'package:stream_channel/stream_channel.dart';
import 'package:web_socket_channel/web_socket_channel.dart';

import '../channel.dart';
import '../close_info.dart';
import '../connection/connect_target.dart';
import '../connection/connection.dart';
import '../connection/connection_controls.dart';
import '../connection/request.dart';
import '../options/reconnect_options.dart';
import '../options/web_socket_options.dart';
import 'reconnect_controls.dart';
import 'reconnector.dart';
import 'setup.dart';

/// A [WebSocketChannel] that connects again when its connection is lost.
///
/// [stream] continues across connections and ends when the channel is closed or
/// gives up. Messages that are added without a connection are queued, with a
/// limit and a policy for a full queue (`QueueOptions`). A message that was
/// given to a lost connection is not sent again, since the peer may have
/// received it. [send] completes with the message's `SendResult`; [unsent] has
/// the other messages that were not sent.
///
/// ```dart
/// final channel = ReconnectingWebSocketChannel.connect(
///   'wss://example.com/prices',
///   reconnect: ReconnectOptions(
///     onReconnected: (send) => send('{"subscribe":"EURUSD"}'),
///   ),
/// );
/// channel.states.listen(print);
/// channel.stream.listen(print);
/// channel.sink.add('{"subscribe":"EURUSD"}');
/// ```
final class ReconnectingWebSocketChannel
    with StreamChannelMixin<dynamic>, ConnectionControls, ReconnectControls
    implements WebSocketChannel {
  /// Starts to connect to [url], and returns at once.
  ///
  /// The arguments and exceptions are those of [RustWebSocketChannel.connect].
  /// [connectTimeout] is the limit for each attempt and each callback. Pings
  /// are sent by default, since they detect a lost connection: [pingInterval]
  /// is 20 seconds, [connectTimeout] 10 seconds. Null disables either.
  factory ReconnectingWebSocketChannel.connect(
    Object url, {
    Iterable<String>? protocols,
    Map<String, dynamic>? headers,
    Duration? pingInterval = const Duration(seconds: 20),
    Duration? connectTimeout = const Duration(seconds: 10),
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocketChannel.over(
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
    ),
  );

  /// Starts to connect to the result of [findTarget], which is called for each
  /// attempt: for tokens that expire, and servers that move.
  ///
  /// It is called up to ten seconds before the attempt begins. If it throws or
  /// takes longer than [connectTimeout], the attempt fails with a
  /// `CallbackException`. For the other arguments see
  /// [ReconnectingWebSocketChannel.connect].
  ///
  /// ```dart
  /// Future<String> fetchToken() async => '…';
  /// final channel = ReconnectingWebSocketChannel.connectTo(
  ///   (attempt) async => ConnectTarget(
  ///     'wss://example.com/feed',
  ///     headers: {'Authorization': 'Bearer ${await fetchToken()}'},
  ///   ),
  /// );
  /// await channel.ready;
  /// ```
  factory ReconnectingWebSocketChannel.connectTo(
    FutureOr<ConnectTarget> Function(int attempt) findTarget, {
    Duration? pingInterval = const Duration(seconds: 20),
    Duration? connectTimeout = const Duration(seconds: 10),
    WebSocketOptions options = const WebSocketOptions(),
    ReconnectOptions reconnect = const ReconnectOptions(),
  }) => ReconnectingWebSocketChannel.over(
    ReconnectSetup(
      ConnectionRequest(
        ConnectionRequest.unknownUrl,
        pingInterval: pingInterval,
        connectTimeout: connectTimeout,
        options: options,
      ),
      findTarget: findTarget,
      reconnect: reconnect,
    ),
  );

  /// A channel over the connections that [setup] makes.
  @internal
  ReconnectingWebSocketChannel.over(ReconnectSetup setup) {
    _channel = RustWebSocketChannel.over(
      (listener) => (reconnector = Reconnector(setup, listener)).connection,
    );
  }

  late final RustWebSocketChannel _channel;

  @override
  @internal
  late final Reconnector reconnector;

  @override
  @internal
  Connection get connection => reconnector.connection;

  /// The messages of one connection after another. It is done when the channel
  /// is closed or gives up, with an error only if there never was a connection.
  ///
  /// While its listener pauses, the messages of up to 16 connections are
  /// buffered, each with the limit of [RustWebSocketChannel.stream], and none
  /// is dropped. When the sixteenth is lost, no attempt is made until the
  /// listener has received the messages of the first. If the stream was never
  /// listened to, reconnecting does not wait: each further connection drops the
  /// messages of the oldest. Messages that arrive after the subscription was
  /// cancelled are dropped.
  ///
  /// While the buffer is full, nothing is read, so a lost connection is not
  /// noticed and not replaced. An app that only sends therefore calls
  /// `stream.drain<void>()`.
  @override
  Stream<dynamic> get stream => _channel.stream;

  /// Sends messages, or queues them while there is no connection. An added
  /// stream is paused meanwhile.
  @override
  late final WebSocketSink sink = _Sink(_channel.sink, reconnector);

  /// Completes when the first connection is open, or with an error when the
  /// channel gives up before. Its error is never reported as unhandled.
  @override
  Future<void> get ready => _channel.ready;

  /// The subprotocol of the current or the last connection.
  @override
  String? get protocol => reconnector.protocol;

  /// The extensions of the current or the last connection.
  String get extensions => reconnector.extensions;

  /// The close code of the last connection; null while one is open, and after a
  /// close by this side.
  @override
  int? get closeCode => _lastEnd?.code;

  /// The close reason; null if [closeCode] is null.
  @override
  String? get closeReason => _lastEnd?.reason;

  CloseInfo? get _lastEnd => reconnector.isOpen || reconnector.isClosing
      ? null
      : reconnector.closeInfo;

  /// How the last connection ended; null before.
  CloseInfo? get closeInfo => reconnector.closeInfo;

  /// Completes when the channel is closed or gives up; see
  /// [RustWebSocketChannel.ended].
  Future<CloseInfo> get ended => _channel.ended;
}

final class _Sink implements WebSocketSink {
  _Sink(this._sink, this._reconnector);

  final WebSocketSink _sink;
  final Reconnector _reconnector;

  @override
  Future<void> get done => _sink.done;

  @override
  void add(Object? message) => _sink.add(message);

  @override
  void addError(Object error, [StackTrace? stackTrace]) =>
      _sink.addError(error, stackTrace);

  @override
  Future<void> addStream(Stream<dynamic> stream) =>
      _sink.addStream(_reconnector.outbox.whileOpen(stream));

  @override
  Future<void> close([int? closeCode, String? closeReason]) =>
      _sink.close(closeCode, closeReason);
}
