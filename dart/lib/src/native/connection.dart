import 'dart:async';
import 'dart:ffi';
import 'dart:io' show OSError;
import 'dart:isolate';
import 'dart:math';
import 'dart:typed_data';

import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/request.dart';
import '../deflate_options.dart';
import '../exceptions.dart';
import '../proxy_options.dart';
import '../receive_progress.dart';
import '../rust/api/connection.dart' as rust;
import '../stats.dart';
import '../tls_options.dart';
import '../trace.dart';
import 'incoming.dart';
import 'library.dart';
import 'outgoing.dart';

/// A [Connector] for connections of the native library.
Connector connectorFor(ConnectionRequest request) =>
    (listener) => _NativeConnection(request, listener);

/// Whether a connection waits for `ConnectionRequest.delay` itself.
const connectorDelays = true;

/// A connection that Rust holds. Its port keeps the isolate alive until the
/// connection has ended, as a dart:io socket does.
final class _NativeConnection implements Connection, Finalizable {
  _NativeConnection(this._request, this._listener) {
    _port.handler = _onPortMessage;
    try {
      _outgoing = nativeOutgoing;
      _handle = _outgoing.newHandle();
      // For an isolate that ends before its connections do: first, since it
      // may be killed at any call.
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
      // What Rust may hold is released by the finalizer.
      _handle = _noHandle;
      // Its type alone: what a library says may quote what it was given.
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
      // The answer to what was consumed goes first: a peer that broke the
      // protocol may hear it.
      _outgoing
        ..queue()
        ..grant(_handle);
    },
  );

  /// Stale after the end: a call with it does nothing.
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

  /// One flush for all that is sent in an event-loop turn.
  void _sent() {
    // Whether there is room is to be known at once.
    if (_request.options.maxBufferedAmount != null) _outgoing.queue();
    if (_flushIsScheduled) return;
    _flushIsScheduled = true;
    scheduleMicrotask(_flush);
  }

  void _flush() {
    _flushIsScheduled = false;
    _outgoing.flush(_handle);
  }

  @override
  void close(int? code, String reason) {
    if (_handle == _noHandle) return;
    _tell(TraceClosing.new);
    _outgoing.queue();
    rust.close(handle: _handle, code: code, reason: reason);
  }

  @override
  bool get isPaused => _incoming.isPaused;

  @override
  set isPaused(bool value) => _incoming.isPaused = value;

  @override
  void discardMessages() => _incoming.discard();

  @override
  int get bufferedAmount =>
      _handle == _noHandle ? 0 : _outgoing.bufferedAmount(_handle);

  @override
  bool get isWritable =>
      _handle != _noHandle && _outgoing.isWritable(_handle) == 1;

  /// Rust knows of one mark at a time, the highest that is waited for.
  final List<({int mark, Completer<void> completer})> _drains = [];

  @override
  Future<void> drained(int mark) {
    if (bufferedAmount <= mark) return Future.value();
    final completer = Completer<void>();
    _drains.add((mark: mark, completer: completer));
    _askForDrain();
    return completer.future;
  }

  void _askForDrain() {
    final highest = _drains.map((drain) => drain.mark).reduce(max);
    rust.notifyDrained(handle: _handle, mark: min(highest, 0xffffffff));
  }

  void _completeDrains() {
    final buffered = bufferedAmount;
    _drains.removeWhere((drain) {
      final isDrained = buffered <= drain.mark;
      if (isDrained) drain.completer.complete();
      return isDrained;
    });
    if (_drains.isNotEmpty) _askForDrain();
  }

  final Map<int, Completer<Duration>> _pings = {};
  int _lastPing = 0;

  @override
  Future<Duration> ping() {
    final token = ++_lastPing;
    final completer = Completer<Duration>();
    if (_handle != _noHandle && rust.ping(handle: _handle, token: token)) {
      _pings[token] = completer;
    } else {
      completer.completeError(WebSocketConnectionClosed());
    }
    final limit = _request.options.pongTimeout ?? _request.pingInterval;
    if (limit == null) return completer.future..ignore();
    return completer.future.timeout(
      limit,
      onTimeout: () {
        _pings.remove(token);
        throw TimeoutException('The peer did not answer a ping', limit);
      },
    )..ignore();
  }

  @override
  void setPingInterval(Duration? interval) {
    if (_handle == _noHandle) return;
    rust.setPingInterval(handle: _handle, interval: _milliseconds(interval));
  }

  final _progress = StreamController<ReceiveProgress>.broadcast();

  @override
  Stream<ReceiveProgress> get receiveProgress => _progress.stream;

  late final _trace = StreamController<TraceEvent>.broadcast(
    onListen: () => _setTrace(_request.options.tracePayloadSize),
    onCancel: () => _setTrace(null),
  );

  @override
  Stream<TraceEvent> get trace => _trace.stream;

  void _setTrace(int? payloadSize) {
    if (_handle == _noHandle) return;
    rust.trace(handle: _handle, payloadSize: payloadSize);
  }

  void _tell(TraceEvent Function(DateTime now) event) {
    if (_trace.hasListener) _trace.add(event(DateTime.now()));
  }

  /// Of a connection that has ended: Rust has forgotten it.
  WebSocketStats? _lastStats;

  @override
  WebSocketStats get stats {
    if (_lastStats case final stats?) return stats;
    if (_handle == _noHandle) return const WebSocketStats();
    return rust.stats(handle: _handle)?.toStats() ?? const WebSocketStats();
  }

  void _failPings() {
    for (final ping in _pings.values) {
      ping.completeError(WebSocketConnectionClosed());
    }
    _pings.clear();
  }

  void _onPortMessage(Object? message) {
    switch (message) {
      case _opened:
        _tell(TraceOpened.new);
        final handshake = rust.handshake(handle: _handle);
        _listener.onOpen(
          handshake?.protocol,
          extensions: handshake?.extensions ?? '',
        );
      case _failed:
        final failure = rust.failure(handle: _handle);
        final error =
            failure?.toException(_request) ??
            const LibraryException('Connecting failed without a cause');
        _tell((now) => TraceFailed(now, error));
        _release();
        _listener.onFailed(error);
      case _closed:
        final ending = rust.ending(handle: _handle);
        final info = _closeInfo(ending);
        _tell((now) => TraceClosed(now, info));
        _release();
        _listener.onClosed(info);
        _incoming.end();
      case _drained:
        _completeDrains();
      case [_pong, final int token, final int microseconds]:
        _pings.remove(token)?.complete(Duration(microseconds: microseconds));
      case [_receiving, final int received, final int total]:
        _progress.add(ReceiveProgress(received, total < 0 ? null : total));
      case [_frames, final Uint8List frames]:
        if (_trace.hasListener) _unpackFrames(frames).forEach(_trace.add);
      case final Object batch:
        _incoming.add(batch);
    }
  }

  void _release() {
    _port.close();
    _lastStats = stats;
    rust.release(handle: _handle);
    // Nothing is buffered for a handle that is stale.
    _completeDrains();
    _failPings();
    unawaited(_progress.close());
    unawaited(_trace.close());
  }

  /// The listener is told in a turn of its own, as of any other failure.
  void _failSoon(ConnectException error) {
    _port.close();
    Timer.run(() {
      _tell((now) => TraceFailed(now, error));
      unawaited(_progress.close());
      unawaited(_trace.close());
      _listener.onFailed(error);
    });
  }

  // Signals of `rust/bridge/src/ffi/port.rs`.
  static const _opened = 0;
  static const _failed = 1;
  static const _closed = 2;
  static const _drained = 3;

  // Notes of the same file, which begin a list.
  static const _pong = 0;
  static const _receiving = 1;
  static const _frames = 2;
}

extension on ConnectionRequest {
  rust.ConnectRequest toRust() => rust.ConnectRequest(
    url: url.toString(),
    protocols: protocols,
    headers: [
      for (final field in headers)
        rust.HeaderField(name: field.name, value: field.value),
    ],
    delay: delay > Duration.zero ? _milliseconds(delay) : null,
    connectTimeout: _milliseconds(connectTimeout),
    closeTimeout: _milliseconds(options.closeTimeout),
    deliverWhileClosing: deliversWhileClosing,
    pingInterval: _milliseconds(pingInterval),
    pongTimeout: _milliseconds(options.pongTimeout),
    idleTimeout: _milliseconds(options.idleTimeout),
    tcpKeepAlive: _milliseconds(options.tcpKeepAlive),
    tcpUserTimeout: _milliseconds(options.tcpUserTimeout),
    maxMessageSize: options.maxMessageSize,
    maxFrameSize: options.maxFrameSize,
    maxBufferedAmount: options.maxBufferedAmount,
    receiveProgressStep: options.receiveProgressStep,
    maxRedirects: options.maxRedirects,
    compression: compression.toRust(),
    maxHeaderSize: options.maxHeaderSize,
    tls: options.tls.toRust(),
    proxy: options.proxy.toRust(),
    address: switch (options.address) {
      null => null,
      final address => rust.AddressRequest(
        host: address.host,
        port: address.port,
      ),
    },
  );
}

/// Rounded up, so that only no time at all is 0; 49 days are for ever.
int? _milliseconds(Duration? duration) => switch (duration) {
  null => null,
  _ => ((duration.inMicroseconds + 999) ~/ 1000).clamp(0, 0xffffffff),
};

extension on DeflateOptions {
  rust.CompressionRequest? toRust() => isOffered
      ? rust.CompressionRequest(
          level: level,
          threshold: threshold,
          serverNoContextTakeover: serverNoContextTakeover,
          clientNoContextTakeover: clientNoContextTakeover,
          serverMaxWindowBits: serverMaxWindowBits,
          clientMaxWindowBits: clientMaxWindowBits,
        )
      : null;
}

extension on ProxyOptions {
  rust.ProxyRequest toRust() => switch (this) {
    NoProxy() => const rust.ProxyRequest(noProxy: [], fromEnvironment: false),
    ProxyUrl(:final url, :final noProxy) => rust.ProxyRequest(
      url: url,
      noProxy: noProxy,
      fromEnvironment: false,
    ),
    ProxyFromEnvironment() => const rust.ProxyRequest(
      noProxy: [],
      fromEnvironment: true,
    ),
  };
}

extension on TlsOptions {
  rust.TlsRequest toRust() => rust.TlsRequest(
    roots: [for (final root in roots) Uint8List.fromList(root)],
    onlyTheseRoots: onlyTheseRoots,
    revocationLists: [
      for (final list in revocationLists) Uint8List.fromList(list),
    ],
    identity: switch (identity) {
      null => null,
      final identity => rust.TlsIdentity(
        certificates: Uint8List.fromList(identity.certificates),
        privateKey: Uint8List.fromList(identity.privateKey),
      ),
    },
    pins: [for (final pin in pins) Uint8List.fromList(pin)],
    serverName: serverName,
    dangerouslyAcceptAnyCertificate: dangerouslyAcceptAnyCertificate,
  );
}

extension on rust.ConnectFailure {
  ConnectException toException(ConnectionRequest request) {
    final port = request.url.hasPort ? request.url.port : null;
    final osError = switch (osCode) {
      null => null,
      final code => OSError(message, code),
    };
    // dart:io names the HTTP URL. Credentials are in the rest of it.
    final uri = Uri(
      scheme: request.url.isScheme('wss') ? 'https' : 'http',
      host: request.url.host,
      port: port,
      path: request.url.path,
    );
    return switch (kind) {
      rust.FailureKind.invalidRequest => InvalidRequestException(message),
      rust.FailureKind.dns => HostLookupException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.refused => ConnectionRefusedException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.unreachable => UnreachableException(
        message,
        osError: osError,
        port: port,
      ),
      rust.FailureKind.timeout => ConnectTimeoutException(
        message,
        request.connectTimeout,
      ),
      rust.FailureKind.tls => TlsHandshakeException(
        message,
        failure: switch (tls) {
          rust.TlsFailureKind.untrusted => TlsFailure.untrusted,
          rust.TlsFailureKind.expired => TlsFailure.expired,
          rust.TlsFailureKind.notYetValid => TlsFailure.notYetValid,
          rust.TlsFailureKind.wrongHost => TlsFailure.wrongHost,
          rust.TlsFailureKind.revoked => TlsFailure.revoked,
          rust.TlsFailureKind.pinMismatch => TlsFailure.pinMismatch,
          rust.TlsFailureKind.handshake || null => TlsFailure.handshake,
        },
      ),
      rust.FailureKind.proxy => ProxyException(
        message,
        statusCode: status,
        uri: uri,
      ),
      rust.FailureKind.upgradeRefused => UpgradeRefusedException(
        message,
        statusCode: status ?? 0,
        headers: _byLowerCaseName(headers),
        body: body,
        uri: uri,
      ),
      rust.FailureKind.badReply => BadReplyException(message, uri: uri),
      rust.FailureKind.cancelled => CancelledException(message),
      rust.FailureKind.internal => LibraryException(message),
    };
  }

  static Map<String, List<String>> _byLowerCaseName(
    List<rust.HeaderField> fields,
  ) {
    final byName = <String, List<String>>{};
    for (final field in fields) {
      byName.putIfAbsent(field.name.toLowerCase(), () => []).add(field.value);
    }
    return byName;
  }
}

/// As `rust/bridge/src/ffi/port.rs` packs them.
Iterable<TraceFrame> _unpackFrames(Uint8List bytes) sync* {
  const headerSize = 22;
  final data = ByteData.sublistView(bytes);
  for (var start = 0; start < bytes.length;) {
    final payloadStart = start + headerSize;
    final end = payloadStart + data.getUint32(start + 18, Endian.little);
    yield TraceFrame(
      DateTime.fromMicrosecondsSinceEpoch(
        data.getUint64(start + 2, Endian.little),
      ),
      isSent: bytes[start] == 1,
      firstByte: bytes[start + 1],
      size: data.getUint64(start + 10, Endian.little),
      payload: bytes.sublist(payloadStart, end),
    );
    start = end;
  }
}

extension on rust.Stats {
  WebSocketStats toStats() {
    Duration? roundTrip(int microseconds) =>
        roundTrips == 0 ? null : Duration(microseconds: microseconds);
    return WebSocketStats(
      bytesSent: bytesSent,
      bytesReceived: bytesReceived,
      sent: sent.toTraffic(),
      received: received.toTraffic(),
      roundTrips: roundTrips,
      lastRoundTrip: roundTrip(lastRoundTrip),
      shortestRoundTrip: roundTrip(leastRoundTrip),
      averageRoundTrip: roundTrip(averageRoundTrip),
      openFor: Duration(microseconds: openFor),
    );
  }
}

extension on rust.Traffic {
  WebSocketTraffic toTraffic() => WebSocketTraffic(
    messages: messages,
    payload: payload,
    payloadOnWire: payloadOnWire,
  );
}

CloseInfo _closeInfo(rust.Ending? ending) => switch (ending) {
  null => const CloseInfo(
    code: 1006,
    reason: '',
    initiator: CloseInitiator.none,
    isClean: false,
    error: 'The connection ended without a cause',
  ),
  _ => CloseInfo(
    code: ending.code,
    reason: ending.reason,
    initiator: switch (ending.initiator) {
      rust.Initiator.local => CloseInitiator.local,
      rust.Initiator.remote => CloseInitiator.remote,
      rust.Initiator.line => CloseInitiator.none,
    },
    isClean: ending.clean,
    error: ending.error,
  ),
};
