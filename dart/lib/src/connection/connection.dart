import '../close_info.dart';
import '../exceptions/connect_exception.dart';
import '../exceptions/send_buffer_full_exception.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// A WebSocket connection, which channels and sockets use. Native, web, fake
/// and reconnecting connections implement it.
///
/// No call throws because of the connection's state. After the end, messages
/// are dropped, and [ConnectionListener.onClosed] is called with the cause. A
/// send that would buffer more than the options allow throws a
/// [SendBufferFullException].
abstract interface class Connection {
  /// Sends a text message, once the connection is open.
  ///
  /// If compression was negotiated, [compress] tells whether to compress this
  /// message; null leaves it to the options.
  void sendText(String text, {bool? compress});

  /// Sends a binary message, once the connection is open. Values are taken
  /// modulo 256. For [compress] see [sendText].
  void sendBytes(List<int> bytes, {bool? compress});

  /// Sends what was sent before, then a Close frame. Only the first call has an
  /// effect.
  ///
  /// The future completes when the Close frame is with the operating system, or
  /// the connection has ended or could not be opened.
  Future<void> close(int? code, String reason);

  /// Whether messages are held back; true at first.
  ///
  /// A bounded amount of messages is buffered, then the peer has to wait.
  /// Delivery continues in a microtask, not within the call.
  abstract bool isPaused;

  /// Drops messages from now on instead of delivering them.
  void discardMessages();

  /// A number that grows with what has arrived from the peer, delivered or not.
  /// Only its changes have a meaning.
  int get received;

  /// Whether what the peer sends is read. False while so much waits for a
  /// paused listener that the peer may have to wait too.
  bool get isReading;

  /// Bytes of payload that were sent and that the operating system has not
  /// accepted yet.
  int get bufferedAmount;

  /// Whether the operating system has accepted all bytes that are no longer in
  /// [bufferedAmount]. It is false after the connection has ended or a write
  /// has failed, even before the listener is notified.
  bool get isWritable;

  /// Completes when [bufferedAmount] is at most [mark], or the connection has
  /// ended.
  Future<void> drained(int mark);

  /// Sends a ping and completes with its round-trip time, or with an error that
  /// is never reported as unhandled.
  Future<Duration> ping();

  /// Sends pings in another [interval] from now on, or none. A pong that is
  /// awaited is not awaited any more. Ignored in a browser.
  void setPingInterval(Duration? interval);

  /// How much of the current message has been received.
  Stream<ReceiveProgress> get receiveProgress;

  /// What was sent and received so far; null if unknown.
  WebSocketStats? get stats;

  /// The frames and state changes of the connection.
  Stream<TraceEvent> get trace;
}

/// Receives the events of a [Connection], each in its own event-loop turn:
/// either [onFailed]; or [onOpen], [onMessage] for each message, [onClosed] and
/// [onDone].
abstract interface class ConnectionListener {
  /// The connection is open. The server chose [protocol] and accepted
  /// [extensions], '' for none.
  void onOpen(String? protocol, {String extensions = ''});

  /// The connection could not be opened.
  void onFailed(ConnectException error);

  /// Runs [deliver], which calls [onMessage] for each message of a batch, in
  /// the zone that handles the application's errors.
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
