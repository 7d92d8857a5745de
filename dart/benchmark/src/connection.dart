import 'dart:async';

/// An open connection of any client.
abstract base class Connection {
  Connection(this._subscription);

  final StreamSubscription<dynamic> _subscription;

  void send(Object message);

  /// Calls [onMessage] for each message until it returns true.
  Future<void> receive(bool Function(Object message) onMessage) {
    final isEnough = Completer<void>();
    _subscription
      ..onData((message) {
        if (onMessage(message as Object)) isEnough.complete();
      })
      ..onDone(() {
        if (!isEnough.isCompleted) {
          isEnough.completeError(StateError('The connection has ended'));
        }
      });
    return isEnough.future;
  }

  /// The next message.
  Future<Object> next() async {
    late final Object next;
    await receive((message) {
      next = message;
      return true;
    });
    return next;
  }

  /// Completes when the connection has ended. Calls [onMessage] with each
  /// message until then.
  Future<void> ended({void Function(Object message)? onMessage}) {
    final ended = Completer<void>();
    _subscription
      ..onData((message) => onMessage?.call(message as Object))
      ..onDone(ended.complete);
    return ended.future;
  }

  /// Sends a command and returns the server's answer.
  Future<String> ask(String command) {
    send(command);
    return next().then((answer) => answer as String);
  }

  /// Sends [message], which the server drops. Completes when it has arrived.
  Future<void> deliver(Object message) async {
    send('/sink 1');
    send(message);
    if (await next() != 'done') throw StateError('Not done');
  }

  Future<void> close();
}

/// Opens a connection, which pings once in [pingInterval] if there is one.
///
/// With [reconnecting] it is of the client's kind that connects again when it
/// is lost, if there is such a kind. It is told to end instead, so that no
/// client hides a loss.
typedef Connect =
    Future<Connection> Function(
      String url, {
      Duration? pingInterval,
      bool reconnecting,
    });
