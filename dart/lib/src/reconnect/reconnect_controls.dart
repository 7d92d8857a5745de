import 'package:meta/meta.dart';

import 'channel_state.dart';
import 'reconnector.dart';
import 'send_result.dart';

/// What `ReconnectingWebSocketChannel` and `ReconnectingWebSocket` have beside
/// what they are drop-ins for.
abstract mixin class ReconnectControls {
  /// What does it.
  @internal
  Reconnector get reconnector;

  /// What is going on at the moment.
  ChannelState get state => reconnector.states.current;

  /// What is going on: for each listener [state] first, then what follows. It
  /// ends after [ChannelClosed].
  Stream<ChannelState> get states => reconnector.states.stream;

  /// How many connections were made after the first.
  int get reconnects => reconnector.reconnects;

  /// The messages that were not sent, or perhaps not, but for those that were
  /// given to [send]. A broadcast stream: what nobody listens for is gone.
  Stream<UnsentMessage> get unsent => reconnector.outbox.unsent;

  /// Sends [message], a `String` or a `List<int>`, or queues it while there is
  /// no connection, and answers what became of it.
  ///
  /// The future has no error, whatever the queue's policy is, and it completes:
  /// with [SendResult.closed] at the latest when this is closed. [compress] is
  /// for this message alone.
  ///
  /// Throws an [ArgumentError] for anything else than text and bytes.
  Future<SendResult> send(Object message, {bool? compress}) =>
      reconnector.outbox.sendForResult(message, compress: compress);

  /// Connects now: ends a wait or a suspension, and replaces a connection that
  /// is open, say since the device has changed its network. The back-off and
  /// the limits begin anew. Does nothing while an attempt is being made, and
  /// after the end.
  void reconnectNow() => reconnector.reconnectNow();

  /// Makes no attempts until [resume] or [reconnectNow]: for an app that goes to
  /// the background.
  ///
  /// An attempt that is being made is given up, within
  /// `WebSocketOptions.closeTimeout`; a connection that comes of it all the same
  /// is closed at once. A connection that is open stays so as long as it lives,
  /// and its messages come; what is added is queued.
  void suspend() => reconnector.suspend();

  /// Ends [suspend]: for an app that comes back.
  ///
  /// If there still is a connection, the peer has `ReconnectOptions.probeTimeout`
  /// to show that it is there, by any message; meanwhile what is added is
  /// queued. If it does not, or there is none, the next attempt begins at once.
  void resume() => reconnector.resume();
}
