import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';

import 'failure.dart';

/// What a connection is doing.
sealed class DemoState {
  const DemoState();
}

/// Nothing was tried yet.
final class DemoIdle extends DemoState {
  const DemoIdle();
}

/// It connects.
final class DemoConnecting extends DemoState {
  const DemoConnecting();
}

/// It was lost, and will connect again after [delay].
final class DemoWaiting extends DemoState {
  const DemoWaiting(this.delay, this.failure);

  final Duration delay;
  final Failure failure;
}

/// It makes no attempts until it is resumed.
final class DemoSuspended extends DemoState {
  const DemoSuspended();
}

/// It is open.
final class DemoOpen extends DemoState {
  const DemoOpen();
}

/// This side closes it.
final class DemoClosing extends DemoState {
  const DemoClosing();
}

/// It was open, and has ended.
final class DemoClosed extends DemoState {
  const DemoClosed(this.info);

  final CloseInfo? info;
}

/// It could not be made.
final class DemoFailed extends DemoState {
  const DemoFailed(this.failure);

  final Failure failure;
}

/// What is asked for before connecting.
final class DemoOptions {
  const DemoOptions({
    this.pings = true,
    this.compression = true,
    this.reconnect = false,
  });

  final bool pings;
  final bool compression;
  final bool reconnect;

  DemoOptions copyWith({bool? pings, bool? compression, bool? reconnect}) =>
      DemoOptions(
        pings: pings ?? this.pings,
        compression: compression ?? this.compression,
        reconnect: reconnect ?? this.reconnect,
      );
}

/// What a connection counts by itself; null for what it does not.
final class DemoStatistics {
  const DemoStatistics({this.roundTrip, this.compressionRatio});

  /// What [stats] say.
  factory DemoStatistics.of(WebSocketStats? stats) {
    if (stats == null) return const DemoStatistics();
    final WebSocketStats(:sent, :received, :lastRoundTrip) = stats;
    final onWire = sent.payloadOnWire + received.payloadOnWire;
    return DemoStatistics(
      roundTrip: lastRoundTrip,
      compressionRatio: onWire == 0
          ? null
          : (sent.payload + received.payload) / onWire,
    );
  }

  /// The time of the last ping.
  final Duration? roundTrip;

  /// Bytes of payload for each byte on the wire.
  final double? compressionRatio;
}

/// What the demo needs of a connection: one that is over when it is lost, one
/// that connects again, or one of a test's making.
abstract interface class DemoLine {
  /// Reports from now on; called once. It connects at first. The last state is
  /// a [DemoClosed] or a [DemoFailed].
  void start({
    required void Function(DemoState state) onState,
    required void Function(Object message) onMessage,
  });

  /// Sends a [String] or bytes.
  void send(Object message);

  /// Whether messages wait, and the server with them.
  abstract bool isPaused;

  /// Bytes that were sent and are not yet with the operating system.
  int get bufferedAmount;

  DemoStatistics get statistics;

  /// Whether it connects again. Only then the two that follow do anything.
  bool get reconnects;

  /// Whether it makes no attempts, as for an app in the background.
  abstract bool isSuspended;

  /// Ends a [DemoWaiting], and replaces a connection that is open.
  void connectNow();

  void close(int? code, String? reason);
}

/// Connects; throws for an address that can't be used.
abstract interface class DemoConnector {
  DemoLine connect(String address, DemoOptions options);
}

/// Connects with this package.
final class RustConnector implements DemoConnector {
  const RustConnector();

  @override
  DemoLine connect(String address, DemoOptions options) {
    final pingInterval = options.pings ? const Duration(seconds: 5) : null;
    const connectTimeout = Duration(seconds: 10);
    final socketOptions = WebSocketOptions(
      compression: options.compression
          ? const DeflateOptions()
          : const DeflateOptions.off(),
    );
    return options.reconnect
        ? ReconnectingLine(
            ReconnectingWebSocketChannel.connect(
              address,
              pingInterval: pingInterval,
              connectTimeout: connectTimeout,
              options: socketOptions,
            ),
          )
        : SingleLine(
            RustWebSocketChannel.connect(
              address,
              pingInterval: pingInterval,
              connectTimeout: connectTimeout,
              options: socketOptions,
            ),
          );
  }
}

/// What both channels have in common.
abstract base class _ChannelLine implements DemoLine {
  _ChannelLine(this._webSocketChannel);

  final WebSocketChannel _webSocketChannel;
  late final StreamSubscription<dynamic> _messages;
  bool _isPaused = false;

  @override
  void send(Object message) => _webSocketChannel.sink.add(message);

  @override
  bool get isPaused => _isPaused;

  @override
  set isPaused(bool value) {
    if (value == _isPaused) return;
    _isPaused = value;
    value ? _messages.pause() : _messages.resume();
  }

  @override
  void close(int? code, String? reason) {
    // A paused stream would not say that it is done.
    isPaused = false;
    _webSocketChannel.sink.close(code, reason).ignore();
  }
}

/// A channel, which is over when its connection is.
final class SingleLine extends _ChannelLine {
  SingleLine(this._channel) : super(_channel);

  final RustWebSocketChannel _channel;

  @override
  void start({
    required void Function(DemoState state) onState,
    required void Function(Object message) onMessage,
  }) {
    Failure? failure;
    _channel.ready.then((_) => onState(const DemoOpen())).ignore();
    _messages = _channel.stream.listen(
      (message) => onMessage(message as Object),
      // The stream has an error only if there was no connection.
      onError: (Object error) => failure = Failure.of(error),
      onDone: () async {
        if (failure case final failure?) return onState(DemoFailed(failure));
        // After a close by this side the stream ends before the connection.
        await _channel.sink.done;
        onState(DemoClosed(_channel.closeInfo));
      },
    );
  }

  @override
  int get bufferedAmount => _channel.bufferedAmount;

  @override
  DemoStatistics get statistics => DemoStatistics.of(_channel.stats);

  @override
  bool get reconnects => false;

  @override
  bool isSuspended = false;

  @override
  void connectNow() {}
}

/// A channel that connects again.
final class ReconnectingLine extends _ChannelLine {
  ReconnectingLine(this._channel) : super(_channel);

  final ReconnectingWebSocketChannel _channel;

  @override
  void start({
    required void Function(DemoState state) onState,
    required void Function(Object message) onMessage,
  }) {
    _channel.states.map(_stateOf).listen(onState);
    _messages = _channel.stream.listen(
      (message) => onMessage(message as Object),
      // The last state tells of it.
      onError: (Object _) {},
    );
  }

  DemoState _stateOf(ChannelState state) => switch (state) {
    ChannelConnecting() => const DemoConnecting(),
    ChannelOpen() => const DemoOpen(),
    ChannelSuspended() => const DemoSuspended(),
    ChannelWaiting(:final delay, :final cause) => DemoWaiting(
      delay,
      switch (cause) {
        ConnectFailed(:final error) => Failure.of(error),
        ConnectionEnded(:final info) => Failure.lost(info),
      },
    ),
    ChannelClosed(cause: ConnectFailed(:final error)) => DemoFailed(
      Failure.of(error),
    ),
    ChannelClosed(cause: ConnectionEnded(:final info)) => DemoClosed(info),
    ChannelClosed(cause: null) => DemoClosed(_channel.closeInfo),
  };

  @override
  int get bufferedAmount => _channel.bufferedAmount;

  /// Of the connection that is open.
  @override
  DemoStatistics get statistics => DemoStatistics.of(_channel.stats);

  @override
  bool get reconnects => true;

  @override
  bool get isSuspended => _isSuspended;
  bool _isSuspended = false;

  @override
  set isSuspended(bool value) {
    if (value == _isSuspended) return;
    _isSuspended = value;
    value ? _channel.suspend() : _channel.resume();
  }

  @override
  void connectNow() {
    // Which ends a suspension as well.
    _isSuspended = false;
    _channel.reconnectNow();
  }
}
