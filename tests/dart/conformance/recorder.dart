import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/connection.dart';

/// The connection is open.
final class Opened {
  Opened(this.protocol);

  final String? protocol;
}

/// Every message was delivered.
final class Done {
  const Done();
}

/// A connection and the events of its listener, in order: [Opened] or a
/// [ConnectException], messages, a [CloseInfo], [Done].
final class Recorder implements ConnectionListener {
  /// Starts to connect.
  Recorder(Connector connector) {
    connection = connector(this);
  }

  late final Connection connection;
  final List<Object> events = [];
  final List<Object> uncaught = [];
  Completer<void> _more = Completer();
  int _taken = 0;

  /// Called with each message.
  void Function(Object message)? handler;

  /// The next event.
  Future<Object> next() async {
    while (_taken == events.length) {
      await _more.future;
    }
    return events[_taken++];
  }

  void _add(Object event) {
    events.add(event);
    final more = _more;
    _more = Completer();
    more.complete();
  }

  @override
  void onOpen(String? protocol, {String extensions = ''}) =>
      _add(Opened(protocol));

  @override
  void onFailed(ConnectException error) => _add(error);

  @override
  void guard(void Function() deliver) =>
      runZonedGuarded(deliver, (error, _) => uncaught.add(error));

  @override
  void onMessage(Object message) {
    _add(message);
    handler?.call(message);
  }

  @override
  void onClosed(CloseInfo info) => _add(info);

  @override
  void onDone() => _add(const Done());
}
