import 'package:meta/meta.dart';

/// Messages that show whether the peer is still there, for browsers, which
/// can't send pings, and for servers that don't answer them.
///
/// Anything that arrives after one shows that the peer is there, not only its
/// answer.
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
/// It does not replace pings where the platform has them. For a server that
/// does not answer pings, connect with `pingInterval: null`.
final class Heartbeat {
  /// Sends [message] every [interval]. If nothing arrives within [timeout], the
  /// connection is lost, and another attempt follows as after every loss. Its
  /// `CloseInfo` has the code 1001 and says so.
  const Heartbeat({
    required Object Function() this.message,
    this.isAnswer,
    this.interval = const Duration(seconds: 30),
    this.timeout = const Duration(seconds: 10),
  });

  /// Sends nothing, for a server that sends heartbeats of its own. If nothing
  /// arrives for [timeout], the connection is lost, as above. Set it to more
  /// than the server's interval.
  ///
  /// A heartbeat that must be answered is answered by the app, as any message.
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
  /// server: it is then kept from the listener. Default: none is.
  ///
  /// Called for each message, a `String` or a `Uint8List`, before it is
  /// delivered. It is not needed to show that the peer is there, which every
  /// message does. Let it be false for what the app has to answer. If it throws,
  /// the message is delivered, and the attempt has failed as with [message].
  final bool Function(Object message)? isAnswer;

  /// The time from the opening to the first heartbeat, and from each to the
  /// next. Whatever else is sent or received does not change it, since some
  /// servers end a connection on which the client sends nothing. After one
  /// whose answer is not delivered, since the listener pauses or has cancelled,
  /// the next is sent when [timeout] has passed, if that is later. Default: 30
  /// seconds.
  final Duration interval;

  /// How long nothing may arrive after a heartbeat has been sent. Default: 10
  /// seconds, and 45 seconds for [Heartbeat.ofServer].
  ///
  /// It begins when the operating system has accepted the heartbeat and all
  /// that was sent before, and is extended while it accepts some of it. What the
  /// system has accepted may take longer to arrive: in a browser up to some
  /// megabytes.
  ///
  /// It does not count while nothing is read, since a paused listener has
  /// enough messages waiting (see `ReconnectingWebSocketChannel.stream`).
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
