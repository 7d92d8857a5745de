import 'package:meta/meta.dart';

import 'channel_state.dart';
import 'reconnector.dart';
import 'send_result.dart';

/// Members that `ReconnectingWebSocketChannel` and `ReconnectingWebSocket` have
/// besides the interfaces that they implement.
abstract mixin class ReconnectControls {
  /// The state machine.
  @internal
  Reconnector get reconnector;

  /// The current state.
  ChannelState get state => reconnector.states.current;

  /// The current [state], then each one that follows. It ends after
  /// [ChannelClosed].
  Stream<ChannelState> get states => reconnector.states.stream;

  /// The number of connections after the first.
  int get reconnects => reconnector.reconnects;

  /// The messages that were not sent, or may not have been, except those of
  /// [send]. It is a broadcast stream without a buffer.
  Stream<UnsentMessage> get unsent => reconnector.outbox.unsent;

  /// Sends [message], a `String` or a `List<int>`, or queues it while there is
  /// no connection. Completes with its result.
  ///
  /// The future never completes with an error, whatever the queue's policy is.
  /// On a close, a message that was not sent has [SendResult.closed].
  /// [compress] overrides `DeflateOptions.threshold` for this message.
  ///
  /// Throws an [ArgumentError] for a message of another type.
  Future<SendResult> send(Object message, {bool? compress}) =>
      reconnector.outbox.sendForResult(message, compress: compress);

  /// Connects now, for example because the user asks for it. Ends a wait or a
  /// suspension, replaces an open connection, and resets the back-off and the
  /// limits. Does nothing during an attempt, and after the end.
  ///
  /// For changes of the network, `ReconnectOptions.networkChanges` keeps a
  /// connection that still works.
  void reconnectNow() => reconnector.reconnectNow();

  /// Makes no attempts until [resume] or [reconnectNow]: for an app that goes
  /// to the background.
  ///
  /// The current attempt is cancelled, within `WebSocketOptions.closeTimeout`;
  /// if it opens a connection meanwhile, that is closed at once. An open
  /// connection stays open and its messages are delivered; added messages are
  /// queued.
  void suspend() => reconnector.suspend();

  /// Ends [suspend]: for an app that returns to the foreground.
  ///
  /// If a connection is still open, it is probed with
  /// `ReconnectOptions.heartbeat`, or without one with a ping. Messages that
  /// are added meanwhile are queued. If nothing arrives from the peer within
  /// `ReconnectOptions.probeTimeout`, or there is no connection, the next
  /// attempt begins at once. A browser can't ping: there, without a heartbeat,
  /// the connection is kept.
  void resume() => reconnector.resume();
}
