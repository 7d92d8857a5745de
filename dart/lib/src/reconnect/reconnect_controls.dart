import 'package:meta/meta.dart';

import 'channel_state.dart';
import 'reconnector.dart';
import 'send_result.dart';

/// What `ReconnectingWebSocketChannel` and `ReconnectingWebSocket` offer beside
/// the interfaces that they implement.
abstract mixin class ReconnectControls {
  /// The state machine.
  @internal
  Reconnector get reconnector;

  /// What it is doing at the moment.
  ChannelState get state => reconnector.states.current;

  /// The current [state], then each one that follows. It ends after
  /// [ChannelClosed].
  Stream<ChannelState> get states => reconnector.states.stream;

  /// How many connections were made after the first.
  int get reconnects => reconnector.reconnects;

  /// The messages that were not sent, or may not have been, except those that
  /// were given to [send]. It is a broadcast stream without a buffer.
  Stream<UnsentMessage> get unsent => reconnector.outbox.unsent;

  /// Sends [message], a `String` or a `List<int>`, or queues it while there is
  /// no connection, and completes with what became of it.
  ///
  /// The future never completes with an error, whatever the queue's policy is.
  /// It completes with [SendResult.closed] at the latest when this is closed.
  /// [compress] is for this message alone.
  ///
  /// Throws an [ArgumentError] if [message] is neither text nor bytes.
  Future<SendResult> send(Object message, {bool? compress}) =>
      reconnector.outbox.sendForResult(message, compress: compress);

  /// Connects now, say because the device has changed its network: ends a wait
  /// or a suspension, and replaces an open connection. The back-off and the
  /// limits begin anew. Does nothing while an attempt is being made, and after
  /// the end.
  void reconnectNow() => reconnector.reconnectNow();

  /// Makes no attempts until [resume] or [reconnectNow]: for an app that goes
  /// to the background.
  ///
  /// The current attempt is cancelled, within `WebSocketOptions.closeTimeout`;
  /// if it opens a connection meanwhile, that is closed at once. An open
  /// connection stays open and its messages are delivered; what is added is
  /// queued.
  void suspend() => reconnector.suspend();

  /// Ends [suspend]: for an app that comes back.
  ///
  /// If there still is a connection, the peer is sent a ping and has
  /// `ReconnectOptions.probeTimeout` to answer it or to send a message;
  /// meanwhile what is added is queued. If it does neither, or there is no
  /// connection, the next attempt begins at once. A browser can't ping: there
  /// only a message counts.
  void resume() => reconnector.resume();
}
