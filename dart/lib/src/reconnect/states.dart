/// The state of a reconnecting channel, and the streams of its changes.
library;

import 'dart:async';

import 'channel_state.dart';

/// A state with listeners.
final class States {
  /// Creates the state of a channel that is connecting; [onEnter] is called
  /// with each change.
  States({void Function(ChannelState state)? onEnter}) : _onEnter = onEnter;

  final void Function(ChannelState state)? _onEnter;
  final Set<MultiStreamController<ChannelState>> _watchers = {};
  Completer<void> _change = Completer();

  /// The current state.
  ChannelState get current => _current;
  ChannelState _current = const ChannelConnecting(1);

  /// Whether messages are sent at once.
  bool get isOpen => _current is ChannelOpen;

  /// Whether no other state follows.
  bool get isClosed => _current is ChannelClosed;

  /// [current], then each change.
  Stream<ChannelState> get stream => Stream.multi((watcher) {
    watcher.add(_current);
    if (isClosed) {
      watcher.close();
      return;
    }
    _watchers.add(watcher);
    watcher.onCancel = () => _watchers.remove(watcher);
  });

  /// Completes at the next change, or the next [wake].
  Future<void> get change => _change.future;

  /// Changes the state.
  void enter(ChannelState state) {
    _current = state;
    _onEnter?.call(state);
    for (final watcher in [..._watchers]) {
      watcher.add(state);
      if (isClosed) watcher.close();
    }
    wake();
  }

  /// Completes [change] without changing the state.
  void wake() {
    _change.complete();
    _change = Completer();
  }
}
