/// The connections of this isolate that the inspector shows.
library;

import 'dart:collection';

import '../connection/request.dart';
import 'changes.dart';
import 'inspected_channel.dart';
import 'inspected_connection.dart';
import 'service.dart';

/// What the inspector may show and do. It has no effect in a release build,
/// which has no inspector.
///
/// Each isolate has its own settings.
abstract final class WebSocketInspector {
  /// Whether secrets are shown: passwords and values of the query in URLs,
  /// values of header fields such as `Authorization` and `Cookie`, and
  /// subprotocols that are not well known, since apps pass tokens as such.
  /// Default: false.
  static bool showsSecrets = false;

  /// Whether the inspector may send messages on the app's connections.
  /// Default: false.
  static bool allowsSending = false;
}

/// The connections and reconnecting channels of this isolate.
final class Inspector {
  Inspector._() {
    _service = InspectorService(this);
  }

  late final InspectorService _service;

  /// Whether there is an inspector: not in a release build, not in a browser,
  /// whose developer tools show WebSockets, and not in a program that was
  /// compiled with `--define=rust_web_socket.inspector=false`.
  static const isAvailable =
      !bool.fromEnvironment('dart.vm.product') &&
      !bool.fromEnvironment('dart.library.js_interop') &&
      bool.fromEnvironment('rust_web_socket.inspector', defaultValue: true);

  /// The inspector of this isolate, or null.
  static Inspector? get current => isAvailable ? _current : null;
  static final Inspector _current = Inspector._();

  /// Tells viewers what has changed.
  final Changes changes = Changes();

  final Map<String, InspectedConnection> _connections = {};
  final Map<String, InspectedChannel> _channels = {};
  final Queue<InspectedConnection> _ended = Queue();
  final Queue<InspectedChannel> _closed = Queue();
  int _lastId = 0;

  /// The number of connections that have ended and are no longer kept.
  int get forgotten => _forgotten;
  int _forgotten = 0;

  /// The connections, oldest first. The last [keptConnections] of those that
  /// have ended are among them.
  Iterable<InspectedConnection> get connections => _connections.values;

  /// The reconnecting channels and sockets, oldest first.
  Iterable<InspectedChannel> get channels => _channels.values;

  /// The connection with this id, if it is known.
  InspectedConnection? connection(String id) => _connections[id];

  /// The number of ended connections and of closed channels that are kept.
  static const keptConnections = 32;

  /// How many of these may be attempts of one reconnecting channel.
  static const keptAttempts = 8;

  /// Adds a connection that is about to connect.
  InspectedConnection addConnection(
    ConnectionRequest request,
    InspectedSource source,
  ) {
    final id = '${++_lastId}';
    return _connections[id] = InspectedConnection(this, id, request, source);
  }

  /// Adds a reconnecting channel that is about to connect.
  InspectedChannel addChannel(InspectedChannelSource source) {
    final id = '${++_lastId}';
    return _channels[id] = InspectedChannel(this, id, source);
  }

  /// [connection] has ended.
  void onEnded(InspectedConnection connection) {
    _service.onEnded();
    _ended.add(connection);
    // A channel that is lost again and again leaves room for the others.
    if (connection.channel case final channel?) {
      final attempts = _ended.where((ended) => ended.channel == channel);
      if (attempts.length > keptAttempts) _forget(attempts.first);
    }
    if (_ended.length > keptConnections) _forget(_ended.first);
  }

  void _forget(InspectedConnection connection) {
    _ended.remove(connection);
    // Rust keeps its recording for longer, but no payloads.
    if (connection.isWatched) connection.watch(null);
    _connections.remove(connection.id);
    _forgotten++;
  }

  /// [channel] is closed.
  void onClosed(InspectedChannel channel) {
    _closed.add(channel);
    while (_closed.length > keptConnections) {
      _channels.remove(_closed.removeFirst().id);
    }
  }
}
