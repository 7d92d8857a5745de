/// A connection that Rust holds. What is done for each message is in [Incoming]
/// and [Outgoing].
library;

import 'dart:async';
import 'dart:ffi';
import 'dart:isolate';
import 'dart:math';
import 'dart:typed_data';

import '../connection/connection.dart';
import '../connection/drains.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../inspector/inspected_connection.dart';
import '../inspector/recording.dart';
import '../receive_progress.dart';
import '../rust/api/connection.dart' as rust;
import '../stats.dart';
import '../trace.dart';
import 'incoming.dart';
import 'inspection.dart';
import 'library.dart';
import 'outgoing.dart';
import 'pings.dart';
import 'rust_ending.dart';
import 'rust_failure.dart';
import 'rust_recording.dart';
import 'rust_request.dart';
import 'rust_stats.dart';
import 'trace.dart';

/// A [Connector] for connections of the native library.
Connector connectorFor(ConnectionRequest request) =>
    (listener) => _NativeConnection(request, listener);

/// Whether a connection waits for `ConnectionRequest.delay` itself.
const connectorDelays = true;

/// A connection that Rust holds. Its port keeps the isolate alive until the
/// connection has ended, as a dart:io socket does.
final class _NativeConnection implements InspectedSource, Finalizable {
  _NativeConnection(this._request, this._listener) {
    _port.handler = _onPortMessage;
    _inspection = Inspection.begin(_request, this);
    try {
      _outgoing = nativeOutgoing;
      _handle = _outgoing.newHandle();
      // Attached before anything else, since the isolate may be killed during
      // any call.
      _outgoing.finalizer.attach(this, _outgoing.newFinalizerToken(_handle));
      rust.connect(
        handle: _handle,
        request: _request.toRust(),
        port: _port.sendPort.nativePort,
      );
    } on ConnectException catch (error) {
      _failSoon(error);
    } on rust.ConnectFailure catch (failure) {
      rust.release(handle: _handle);
      _handle = _noHandle;
      _failSoon(failure.toException(_request));
    } catch (error) {
      // The finalizer releases what Rust holds.
      _handle = _noHandle;
      // Its type alone, since the message may quote an argument.
      _failSoon(
        LibraryException('The native library failed: ${error.runtimeType}'),
      );
    }
  }

  final ConnectionRequest _request;
  final ConnectionListener _listener;
  final RawReceivePort _port = RawReceivePort(null, 'rust_web_socket');
  late final Outgoing _outgoing;
  late final Incoming _incoming = Incoming(
    _listener,
    grant: () {
      // Queue answers first: with more credit, Rust may find an error and
      // close.
      _outgoing
        ..queue()
        ..grant(_handle);
    },
  );

  late final Inspection? _inspection;

  /// It is stale after the end, and calls with it do nothing.
  int _handle = _noHandle;
  bool _flushIsScheduled = false;

  static const _noHandle = 0;

  @override
  void sendText(String text, {bool? compress}) {
    if (_handle == _noHandle) return;
    _outgoing.sendText(_handle, text, compress);
    _sent();
  }

  @override
  void sendBytes(List<int> bytes, {bool? compress}) {
    if (_handle == _noHandle) return;
    _outgoing.sendBytes(_handle, bytes, compress);
    _sent();
  }

  /// Flushes once for everything that is sent in an event-loop turn.
  void _sent() {
    // With a limit, the call itself has to know whether there is room.
    if (_request.options.maxBufferedAmount != null) _outgoing.queue();
    if (_flushIsScheduled) return;
    _flushIsScheduled = true;
    scheduleMicrotask(_flush);
  }

  void _flush() {
    _flushIsScheduled = false;
    _outgoing.flush(_handle);
  }

  /// Completes when the Close frame is with the operating system, or at the end.
  final _closeWritten = Completer<void>();

  @override
  Future<void> close(int? code, String reason) {
    if (_handle != _noHandle) {
      _trace.add(TraceClosing.new);
      _inspection?.closing();
      _outgoing.queue();
      rust.close(handle: _handle, code: code, reason: reason);
    }
    return _closeWritten.future;
  }

  void _completeClose() {
    if (!_closeWritten.isCompleted) _closeWritten.complete();
  }

  @override
  bool get isPaused => _incoming.isPaused;

  @override
  set isPaused(bool value) => _incoming.isPaused = value;

  @override
  void discardMessages() => _incoming.discard();

  /// Rust counts bytes, so that the parts of a large message count too, and
  /// what this isolate has not handled yet.
  @override
  int get received => stats.bytesReceived;

  @override
  bool get isReading => _incoming.hasRoom;

  @override
  int get bufferedAmount =>
      _handle == _noHandle ? 0 : _outgoing.bufferedAmount(_handle);

  @override
  bool get isWritable =>
      _handle != _noHandle && _outgoing.isWritable(_handle) == 1;

  final _drains = Drains();

  @override
  Future<void> drained(int mark) {
    if (bufferedAmount <= mark) return Future.value();
    final drained = _drains.wait(mark);
    _askForDrain();
    return drained;
  }

  /// Rust knows of one mark at a time, the highest that is waited for.
  void _askForDrain() {
    if (_drains.highestMark case final mark?) {
      rust.notifyDrained(handle: _handle, mark: min(mark, 0xffffffff));
    }
  }

  void _completeDrains() {
    _drains.complete(bufferedAmount);
    _askForDrain();
  }

  late final _pings = Pings(
    send: (token) =>
        _handle != _noHandle && rust.ping(handle: _handle, token: token),
    limit: _pongTimeout(_request.pingInterval),
  );

  Duration? _pongTimeout(Duration? pingInterval) =>
      _request.options.pongTimeout ?? pingInterval;

  @override
  Future<Duration> ping() => _pings.ping();

  @override
  void setPingInterval(Duration? interval) {
    if (_handle == _noHandle) return;
    _pings.limit = _pongTimeout(interval);
    rust.setPingInterval(handle: _handle, interval: toMilliseconds(interval));
  }

  final _progress = StreamController<ReceiveProgress>.broadcast();

  @override
  Stream<ReceiveProgress> get receiveProgress => _progress.stream;

  late final _trace = ConnectionTrace(
    onListened: (isListened) {
      if (_handle == _noHandle) return;
      final payloadSize = isListened ? _request.options.tracePayloadSize : null;
      rust.trace(handle: _handle, payloadSize: payloadSize);
    },
  );

  @override
  Stream<TraceEvent> get trace => _trace.stream;

  /// The statistics of a connection that has ended, which Rust no longer has.
  WebSocketStats? _lastStats;

  @override
  WebSocketStats get stats {
    if (_lastStats case final stats?) return stats;
    if (_handle == _noHandle) return const WebSocketStats();
    return rust.stats(handle: _handle)?.toStats() ?? const WebSocketStats();
  }

  @override
  Recording get recording => RustRecording(_handle);

  void _onPortMessage(Object? message) {
    switch (message) {
      case _opened:
        _trace.add(TraceOpened.new);
        final handshake = rust.handshake(handle: _handle);
        _inspection?.opened(
          protocol: handshake?.protocol,
          extensions: handshake?.extensions ?? '',
          headers: [
            for (final field
                in handshake?.headers ?? const <rust.HeaderField>[])
              (name: field.name, value: field.value),
          ],
        );
        _listener.onOpen(
          handshake?.protocol,
          extensions: handshake?.extensions ?? '',
        );
      case _failed:
        final failure = rust.failure(handle: _handle);
        final error =
            failure?.toException(_request) ??
            const LibraryException('Connecting failed without a cause');
        _trace.add((now) => TraceFailed(now, error));
        _release();
        _inspection?.failed(error);
        _listener.onFailed(error);
      case _closed:
        final info = rust.ending(handle: _handle).toCloseInfo();
        _trace.add((now) => TraceClosed(now, info));
        _release();
        _inspection?.closed(info);
        _listener.onClosed(info);
        _incoming.end();
      case _drained:
        _completeDrains();
      case _closeFrameWritten:
        _completeClose();
      case [_pong, final int token, final int microseconds]:
        _pings.onPong(token, Duration(microseconds: microseconds));
      case [_receiving, final int received, final int total]:
        _progress.add(ReceiveProgress(received, total < 0 ? null : total));
      case [_frames, final Uint8List frames]:
        _trace.addFrames(frames);
      case final Object batch:
        _incoming.add(batch);
    }
  }

  void _release() {
    _port.close();
    _lastStats = stats;
    rust.release(handle: _handle);
    // Nothing is buffered for a stale handle.
    _completeDrains();
    _completeClose();
    _pings.end();
    unawaited(_progress.close());
    _trace.close();
  }

  /// Fails in a later event-loop turn, as every other failure does.
  void _failSoon(ConnectException error) {
    _port.close();
    Timer.run(() {
      _completeClose();
      _trace.add((now) => TraceFailed(now, error));
      _inspection?.failed(error);
      unawaited(_progress.close());
      _trace.close();
      _listener.onFailed(error);
    });
  }

  // Signals of `rust/bridge/src/ffi/port.rs`.
  static const _opened = 0;
  static const _failed = 1;
  static const _closed = 2;
  static const _drained = 3;
  static const _closeFrameWritten = 4;

  // The first elements of the lists that the same file posts.
  static const _pong = 0;
  static const _receiving = 1;
  static const _frames = 2;
}
