import '../close_info.dart';
import '../exceptions.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// One WebSocket connection, as `RustWebSocketChannel` and `RustWebSocket` see
/// it: the native one, or a fake for tests.
///
/// No call throws for the state of the line: what can't be sent any more is
/// dropped, and [ConnectionListener.onClosed] tells why. A send that would buffer
/// more than the options allow throws a [SendBufferFullException].
abstract interface class Connection {
  /// Sends a text message, once the connection is open.
  ///
  /// Where compression was agreed on, [compress] says whether this message is
  /// compressed; null leaves it to the options.
  void sendText(String text, {bool? compress});

  /// Sends a binary message, once the connection is open. Values are taken
  /// modulo 256. For [compress] see [sendText].
  void sendBytes(List<int> bytes, {bool? compress});

  /// Sends what was sent before, then a Close frame. Only the first call
  /// counts.
  void close(int? code, String reason);

  /// Whether messages are delivered; not at first.
  ///
  /// While they are not, they wait, and after a bounded amount the peer waits.
  /// Delivery goes on in a microtask of its own, not within the call.
  abstract bool isPaused;

  /// Drops messages from now on instead of delivering them.
  void discardMessages();

  /// Bytes of payload that were sent and are not yet with the operating system.
  int get bufferedAmount;

  /// Whether what no longer counts as [bufferedAmount] is with the operating
  /// system. It is not so once the connection has ended or a write has failed,
  /// of which the listener may not have been told yet.
  bool get isWritable;

  /// Completes when [bufferedAmount] is at most [mark], or the connection has
  /// ended.
  Future<void> drained(int mark);

  /// Sends a ping and completes with the round trip, or with an error that
  /// nobody needs to listen to.
  Future<Duration> ping();

  /// How far the message is that is being received.
  Stream<ReceiveProgress> get receiveProgress;

  /// What was carried so far, if that is known.
  WebSocketStats? get stats;

  /// Frames and states.
  Stream<TraceEvent> get trace;
}

/// Is told what happens to a [Connection], always in an event-loop turn of its
/// own: one call of [onFailed]; or [onOpen], [onMessage] for each message,
/// [onClosed] and [onDone].
abstract interface class ConnectionListener {
  /// The connection is open. The server chose [protocol] and accepted
  /// [extensions], '' for none.
  void onOpen(String? protocol, {String extensions = ''});

  /// The connection was not made.
  void onFailed(ConnectException error);

  /// Runs [deliver], which calls [onMessage] for each message of a batch, where
  /// what the application throws belongs.
  void guard(void Function() deliver);

  /// A message arrived: a [String] or a `Uint8List`.
  void onMessage(Object message);

  /// The connection is closed; messages may still wait to be delivered.
  void onClosed(CloseInfo info);

  /// The connection is closed and every message has been delivered.
  void onDone();
}

/// Starts a connection that reports to the listener.
typedef Connector = Connection Function(ConnectionListener listener);
