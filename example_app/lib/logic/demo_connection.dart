import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';

import 'failure.dart';

/// The state of a connection.
sealed class DemoState {
  const DemoState();
}

/// Before the first connect.
final class DemoIdle extends DemoState {
  const DemoIdle();
}

/// It is connecting.
final class DemoConnecting extends DemoState {
  const DemoConnecting();
}

/// The connection was lost. The next attempt follows after [delay].
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

/// This side is closing it.
final class DemoClosing extends DemoState {
  const DemoClosing();
}

/// It has ended after it was open.
final class DemoClosed extends DemoState {
  const DemoClosed(this.info);

  final CloseInfo? info;
}

/// It could not be opened.
final class DemoFailed extends DemoState {
  const DemoFailed(this.failure);

  final Failure failure;
}

/// The options of the next connect.
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

/// The statistics of a connection; null for unknown values.
final class DemoStatistics {
  const DemoStatistics({this.roundTrip, this.compressionRatio});

  /// Creates statistics from [stats].
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

  /// The round-trip time of the last ping.
  final Duration? roundTrip;

  /// Bytes of payload per byte on the wire.
  final double? compressionRatio;
}

/// The connection of the demo: a single one, a reconnecting one, or a test's.
abstract interface class DemoConnection {
  /// Starts to report; called once. It is connecting at first. The last state
  /// is a [DemoClosed] or a [DemoFailed].
  void start({
    required void Function(DemoState state) onState,
    required void Function(Object message) onMessage,
  });

  /// Sends a [String] or bytes.
  void send(Object message);

  /// Whether receiving is paused, so that the server has to wait.
  abstract bool isPaused;

  /// Bytes that were sent and that the operating system has not accepted yet.
  int get bufferedAmount;

  DemoStatistics get statistics;

  /// Whether it connects again. If not, [isSuspended] and [connectNow] do
  /// nothing.
  bool get reconnects;

  /// Whether it makes no attempts, as in an app in the background.
  abstract bool isSuspended;

  /// Connects now: ends a [DemoWaiting], or replaces an open connection.
  void connectNow();

  void close(int? code, String? reason);
}

/// Makes connections. Throws for an invalid address.
abstract interface class DemoConnector {
  DemoConnection connect(String address, DemoOptions options);
}

/// Makes connections with this package.
final class RustConnector implements DemoConnector {
  const RustConnector();

  @override
  DemoConnection connect(String address, DemoOptions options) {
    final pingInterval = options.pings ? const Duration(seconds: 5) : null;
    const connectTimeout = Duration(seconds: 10);
    final socketOptions = WebSocketOptions(
      compression: options.compression
          ? const DeflateOptions()
          : const DeflateOptions.off(),
    );
    return options.reconnect
        ? ReconnectingDemoConnection(
            ReconnectingWebSocketChannel.connect(
              address,
              pingInterval: pingInterval,
              connectTimeout: connectTimeout,
              options: socketOptions,
            ),
          )
        : SingleDemoConnection(
            RustWebSocketChannel.connect(
              address,
              pingInterval: pingInterval,
              connectTimeout: connectTimeout,
              options: socketOptions,
            ),
          );
  }
}

/// The common part of both channels.
abstract base class _ChannelConnection implements DemoConnection {
  _ChannelConnection(this._webSocketChannel);

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
    // A paused stream does not report that it is done.
    isPaused = false;
    _webSocketChannel.sink.close(code, reason).ignore();
  }
}

/// A channel with a single connection.
final class SingleDemoConnection extends _ChannelConnection {
  SingleDemoConnection(this._channel) : super(_channel);

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
        onState(DemoClosed(await _channel.ended));
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

/// A reconnecting channel.
final class ReconnectingDemoConnection extends _ChannelConnection {
  ReconnectingDemoConnection(this._channel) : super(_channel);

  final ReconnectingWebSocketChannel _channel;

  @override
  void start({
    required void Function(DemoState state) onState,
    required void Function(Object message) onMessage,
  }) {
    _channel.states.map(_stateOf).listen(onState);
    _messages = _channel.stream.listen(
      (message) => onMessage(message as Object),
      // The last state has the error.
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

  /// Those of the open connection.
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
    // This also ends a suspension.
    _isSuspended = false;
    _channel.reconnectNow();
  }
}
