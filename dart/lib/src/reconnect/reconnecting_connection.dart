/// The connection that the owner of a reconnecting channel sees.
library;

import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import '../connection/connection.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';
import 'channel_state.dart';
import 'connection_stream.dart';
import 'outgoing_message.dart';
import 'reconnector.dart';

/// The connections of a [Reconnector] as one. Its outbox sends and its inbox
/// delivers messages; everything else refers to the current connection.
final class ReconnectingConnection implements Connection {
  /// Creates the connection of [_reconnector].
  ReconnectingConnection(this._reconnector);

  final Reconnector _reconnector;

  /// The current connection; null during a wait.
  Connection? get _current => _reconnector.states.current is ChannelWaiting
      ? null
      : _reconnector.attempt?.connection;

  @override
  void sendText(String text, {bool? compress}) =>
      _reconnector.outbox.send(OutgoingMessage(text, compress: compress));

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      _reconnector.outbox.send(OutgoingMessage(bytes, compress: compress));

  @override
  Future<void> close(int? code, String reason) =>
      _reconnector.close(code, reason);

  @override
  int get bufferedAmount => _reconnector.outbox.bufferedAmount;

  @override
  bool get isWritable => _reconnector.attempt?.connection.isWritable ?? false;

  @override
  Future<void> drained(int mark) => _reconnector.outbox.drained(mark);

  @override
  int get received => _current?.received ?? 0;

  @override
  bool get isReading => _current?.isReading ?? false;

  @override
  bool get isPaused => _reconnector.inbox.isPaused;

  @override
  set isPaused(bool value) => _reconnector.inbox.isPaused = value;

  @override
  void discardMessages() => _reconnector.inbox.discardMessages();

  @override
  Future<Duration> ping() =>
      _current?.ping() ??
      (Future<Duration>.error(WebSocketConnectionClosed())..ignore());

  @override
  void setPingInterval(Duration? interval) =>
      _current?.setPingInterval(interval);

  @override
  WebSocketStats? get stats => _current?.stats;

  @override
  Stream<TraceEvent> get trace => _trace.stream;
  final _trace = ConnectionStream((connection) => connection.trace);

  @override
  Stream<ReceiveProgress> get receiveProgress => _receiveProgress.stream;
  final _receiveProgress = ConnectionStream(
    (connection) => connection.receiveProgress,
  );

  /// Continues [trace] and [receiveProgress] with those of [connection].
  void follow(Connection connection) {
    _trace.follow(connection);
    _receiveProgress.follow(connection);
  }

  /// Ends [trace] and [receiveProgress].
  void end() {
    _trace.close();
    _receiveProgress.close();
  }
}
