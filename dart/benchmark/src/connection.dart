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

  /// Completes when the connection has ended. Messages are dropped.
  Future<void> ended() {
    final ended = Completer<void>();
    _subscription
      ..onData(null)
      ..onDone(ended.complete);
    return ended.future;
  }

  /// Sends a command and returns the server's answer.
  Future<String> ask(String command) {
    send(command);
    return next().then((answer) => answer as String);
  }

  Future<void> close();
}

/// Opens a connection.
typedef Connect = Future<Connection> Function(String url);
