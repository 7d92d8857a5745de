import '../close_info.dart';
import '../exceptions.dart';
import '../receive_progress.dart';
import '../stats.dart';
import '../trace.dart';

/// One WebSocket connection: the interface that channels and sockets stand on.
/// Native, web, fake and reconnecting connections implement it.
///
/// No call throws because of the connection's state. What can't be sent any
/// more is dropped, and [ConnectionListener.onClosed] is called with the cause.
/// A send that would buffer more than the options allow throws a
/// [SendBufferFullException].
abstract interface class Connection {
  /// Sends a text message, once the connection is open.
  ///
  /// Where compression was agreed on, [compress] says whether this message is
  /// compressed; null leaves it to the options.
  void sendText(String text, {bool? compress});

  /// Sends a binary message, once the connection is open. Values are taken
  /// modulo 256. For [compress] see [sendText].
  void sendBytes(List<int> bytes, {bool? compress});

  /// Sends what was sent before, then a Close frame. Only the first call has an
  /// effect.
  void close(int? code, String reason);

  /// Whether messages are delivered; not at first.
  ///
  /// Paused messages wait here; when a bounded amount of them waits, the peer
  /// waits too. Delivery continues in a microtask, not within the call.
  abstract bool isPaused;

  /// Drops messages from now on instead of delivering them.
  void discardMessages();

  /// Bytes of payload that were sent and are not with the operating system yet.
  int get bufferedAmount;

  /// Whether what is not [bufferedAmount] any more is with the operating
  /// system. It is false when the connection has ended or a write has failed,
  /// also before the listener is told.
  bool get isWritable;

  /// Completes when [bufferedAmount] is at most [mark], or the connection has
  /// ended.
  Future<void> drained(int mark);

  /// Sends a ping and completes with the round trip, or with an error that is
  /// never reported as unhandled.
  Future<Duration> ping();

  /// Sends pings in another [interval] from now on, or none. A pong that is
  /// awaited is not awaited any more. Ignored in a browser.
  void setPingInterval(Duration? interval);

  /// How much of the current message has been received.
  Stream<ReceiveProgress> get receiveProgress;

  /// What was sent and received so far; null if that is not known.
  WebSocketStats? get stats;

  /// The frames and the states of the connection.
  Stream<TraceEvent> get trace;
}

/// Gets the events of a [Connection], each in an event-loop turn of its own:
/// either [onFailed]; or [onOpen], [onMessage] for each message, [onClosed] and
/// [onDone].
abstract interface class ConnectionListener {
  /// The connection is open. The server chose [protocol] and accepted
  /// [extensions], '' for none.
  void onOpen(String? protocol, {String extensions = ''});

  /// The connection could not be opened.
  void onFailed(ConnectException error);

  /// Runs [deliver], which calls [onMessage] for each message of a batch, in
  /// the zone that handles what the application throws.
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
