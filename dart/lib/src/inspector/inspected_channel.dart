import '../exceptions/connect_exception.dart';
import '../reconnect/channel_state.dart';
import '../reconnect/decision.dart';
import 'inspector.dart';
import 'state_log.dart';

/// The reconnecting channel or socket that an [InspectedChannel] reads.
abstract interface class InspectedChannelSource {
  /// The number of connections after the first.
  int get reconnects;

  /// The number of messages that wait for a connection.
  int get queuedMessages;

  /// The bytes of payload of these messages.
  int get queuedBytes;
}

/// What the inspector knows of a reconnecting channel or socket.
final class InspectedChannel {
  /// Creates the description of a channel that is about to connect.
  InspectedChannel(this._inspector, this.id, InspectedChannelSource source)
    : _source = WeakReference(source) {
    _inspector.changes.channel(id);
  }

  final Inspector _inspector;

  /// Identifies it within its isolate.
  final String id;

  /// Weak, since an app may drop a suspended channel without a close.
  final WeakReference<InspectedChannelSource> _source;

  final StateLog _states = StateLog('connecting');
  bool _isClosed = false;
  int _attempts = 0;

  /// The number of the connection that is made next, from 1.
  int nextAttempt() => ++_attempts;

  /// Notes that the channel's state is [state] from now on.
  void enter(ChannelState state) {
    switch (state) {
      case ChannelConnecting(:final attempt, :final cause):
        _states.enter('connecting', 'attempt $attempt${_because(cause)}');
      case ChannelOpen():
        _states.enter('open');
      case ChannelWaiting(:final delay, :final cause):
        final seconds = delay.inMilliseconds / Duration.millisecondsPerSecond;
        _states.enter('waiting', 'for $seconds s${_because(cause)}');
      case ChannelSuspended():
        _states.enter('suspended');
      case ChannelClosed(:final cause):
        _states.enter('closed', cause == null ? null : _text(cause));
        if (!_isClosed) {
          _isClosed = true;
          _inspector.onClosed(this);
        }
    }
    _inspector.changes.channel(id);
  }

  static String _because(ConnectionFailure? cause) =>
      cause == null ? '' : ': ${_text(cause)}';

  /// The app's own errors may contain secrets, such as the URL that a token is
  /// from.
  static String _text(ConnectionFailure cause) => switch (cause) {
    ConnectFailed(error: CallbackException(:final error))
        when !WebSocketInspector.showsSecrets =>
      'a callback of the app threw ${error.runtimeType}',
    _ => '$cause',
  };

  /// As the service extension returns it.
  Map<String, Object?> toJson() {
    final source = _source.target;
    return {
      'id': id,
      'state': _states.current,
      'states': _states.toJson(),
      'reconnects': source?.reconnects ?? 0,
      'queuedMessages': source?.queuedMessages ?? 0,
      'queuedBytes': source?.queuedBytes ?? 0,
    };
  }
}
