import 'dart:async';
import 'dart:developer';

/// Posts which connections have changed, for viewers that listen to the VM
/// service's stream `Extension`.
final class Changes {
  final Set<String> _connections = {};
  final Set<String> _channels = {};
  bool _isScheduled = false;

  /// The kind of the event.
  static const kind = 'rust_web_socket.changed';

  /// The shortest time between two events.
  static const interval = Duration(milliseconds: 100);

  /// The connection with this id has changed.
  void connection(String id) => _add(_connections, id);

  /// The reconnecting channel with this id has changed.
  void channel(String id) => _add(_channels, id);

  void _add(Set<String> ids, String id) {
    if (!extensionStreamHasListener) return;
    ids.add(id);
    if (_isScheduled) return;
    _isScheduled = true;
    // Not in the app's zone, whose timers a test may count or hold.
    Zone.root.run(() => Timer(interval, _post));
  }

  void _post() {
    _isScheduled = false;
    postEvent(kind, {
      'connections': [..._connections],
      'reconnecting': [..._channels],
    });
    _connections.clear();
    _channels.clear();
  }
}
