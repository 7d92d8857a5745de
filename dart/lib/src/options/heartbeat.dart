import 'package:meta/meta.dart';

/// Messages that show whether the peer is still there, for browsers, which
/// can't send pings, and for servers that don't answer them.
///
/// Anything that arrives after a heartbeat shows that the peer is there, not
/// only its answer.
///
/// ```dart
/// final channel = ReconnectingWebSocketChannel.connect(
///   'wss://example.com/feed',
///   reconnect: ReconnectOptions(
///     heartbeat: Heartbeat(
///       message: () => '{"type":"ping"}',
///       isAnswer: (message) => message == '{"type":"pong"}',
///     ),
///   ),
/// );
/// await channel.ready;
/// ```
///
/// Except in a browser, pings are sent as well. For a server that does not
/// answer pings, connect with `pingInterval: null`.
final class Heartbeat {
  /// Sends [message] every [interval]. If nothing arrives within [timeout], the
  /// connection is lost: its `CloseInfo` has the code 1001 and the reason, and
  /// another attempt follows as after every loss.
  const Heartbeat({
    required Object Function() this.message,
    this.isAnswer,
    this.interval = const Duration(seconds: 30),
    this.timeout = const Duration(seconds: 10),
  });

  /// Sends nothing, for a server that sends heartbeats of its own. If nothing
  /// arrives for [timeout], the connection is lost, as with [Heartbeat.new].
  /// Set it to more than the server's interval.
  ///
  /// If the server expects an answer to its heartbeats, the app sends it.
  const Heartbeat.ofServer({
    this.isAnswer,
    this.timeout = const Duration(seconds: 45),
  }) : message = null,
       interval = const Duration(seconds: 1);

  /// Returns what to send: a `String` or a `List<int>`. Called for each
  /// heartbeat. Null: nothing is sent.
  ///
  /// If it throws or returns anything else, the connection is closed, and the
  /// attempt has failed with a `CallbackException`: `ReconnectOptions.decide`
  /// stops after an [Error] by default.
  final Object Function()? message;

  /// Whether a received message is only an answer, or a heartbeat of the
  /// server, and is not delivered. Default: every message is delivered.
  ///
  /// Called for each message, a `String` or a `Uint8List`, before it is
  /// delivered. With `WebSocketOptions.textAsBytes` a text is a `Uint8List`
  /// too. Every message shows that the peer is there, whatever this returns.
  /// Return false for a message that the app has to answer. If it throws, the
  /// message is delivered, and the attempt has failed as with [message].
  final bool Function(Object message)? isAnswer;

  /// The time from the opening to the first heartbeat, and from each to the
  /// next. Whatever else is sent or received does not change it, since some
  /// servers end a connection on which the client sends nothing. If the answer
  /// can't be delivered, because the listener pauses or has cancelled, the next
  /// heartbeat follows after [interval] or [timeout], whichever is longer.
  /// Default: 30 seconds.
  final Duration interval;

  /// How long nothing may arrive after a heartbeat has been sent. Default: 10
  /// seconds, and 45 seconds for [Heartbeat.ofServer].
  ///
  /// It begins when the operating system has accepted the heartbeat and all
  /// that was sent before. While the system accepts some of that, it begins
  /// again. What the system has accepted may take longer to arrive: in a
  /// browser it may be some megabytes.
  ///
  /// Silence does not count while enough messages wait for a paused listener
  /// that no more are read (see `ReconnectingWebSocketChannel.stream`).
  final Duration timeout;

  /// Throws an [ArgumentError] for an invalid value.
  @internal
  void check() {
    if (interval <= Duration.zero) {
      throw ArgumentError.value(
        interval,
        'reconnect.heartbeat.interval',
        'must be > 0',
      );
    }
    if (timeout <= Duration.zero) {
      throw ArgumentError.value(
        timeout,
        'reconnect.heartbeat.timeout',
        'must be > 0',
      );
    }
  }
}
