/// An event stream of a reconnecting channel, which continues across
/// connections.
library;

import 'dart:async';

import '../connection/connection.dart';

/// The events of one connection after another, subscribed to only while this
/// has a listener.
final class ConnectionStream<T> {
  /// Creates a stream from [_streamOf] of each connection.
  ConnectionStream(this._streamOf);

  final Stream<T> Function(Connection connection) _streamOf;
  Connection? _connection;
  StreamSubscription<T>? _subscription;
  late final StreamController<T> _events = StreamController.broadcast(
    onListen: _attach,
    onCancel: _detach,
  );

  /// A broadcast stream that continues across connections. It reports the
  /// [UnsupportedError] of a connection without such events.
  Stream<T> get stream => _events.stream;

  /// Continues [stream] with the events of [connection].
  void follow(Connection connection) {
    _connection = connection;
    if (_events.hasListener) _attach();
  }

  /// Ends [stream].
  void close() => scheduleMicrotask(() {
    _detach();
    _events.close();
  });

  void _attach() {
    final before = _subscription;
    // In a microtask: the event that the connection has ended may still be on
    // its way.
    if (before != null) scheduleMicrotask(before.cancel);
    _subscription = null;
    final connection = _connection;
    if (connection == null || _events.isClosed) return;
    try {
      _subscription = _streamOf(connection).listen(_events.add);
    } on UnsupportedError catch (error, stackTrace) {
      _events.addError(error, stackTrace);
    }
  }

  void _detach() {
    _subscription?.cancel();
    _subscription = null;
  }
}
