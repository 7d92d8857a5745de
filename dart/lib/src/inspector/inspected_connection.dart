import '../close_info.dart';
import '../connection/connection.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../stats.dart';
import 'connect_step.dart';
import 'inspected_channel.dart';
import 'inspector.dart';
import 'recording.dart';
import 'redaction.dart';
import 'state_log.dart';

/// The connection that an [InspectedConnection] reads.
abstract interface class InspectedSource implements Connection {
  /// What it has recorded.
  Recording get recording;
}

/// What the inspector knows of a connection.
final class InspectedConnection {
  /// Creates the description of a connection that is about to connect.
  InspectedConnection(this._inspector, this.id, this._request, this._source)
    : _attempt = _request.channel?.nextAttempt() {
    _inspector.changes.connection(id);
  }

  final Inspector _inspector;

  /// Identifies it within its isolate.
  final String id;

  final ConnectionRequest _request;

  /// The reconnecting channel that it is a connection of.
  InspectedChannel? get channel => _request.channel;

  /// Its number among the connections of its reconnecting channel.
  final int? _attempt;

  /// Null after the end, so that what belongs to the app is not kept.
  InspectedSource? _source;

  final StateLog _states = StateLog('connecting');
  String? _protocol;
  String _extensions = '';
  int? _status;
  Map<String, List<String>>? _responseHeaders;
  ConnectException? _error;
  CloseInfo? _closeInfo;

  /// Whether a viewer watches it.
  bool get isWatched => _isWatched;
  bool _isWatched = false;

  /// Whether it could not be opened or has ended.
  bool get hasEnded => _source == null;

  // Of a connection that has ended.
  WebSocketStats? _lastStats;
  Recording? _lastRecording;

  Recording? get _recording => _source?.recording ?? _lastRecording;

  /// The connection is open.
  void opened({
    required String? protocol,
    required String extensions,
    required Map<String, List<String>> headers,
  }) {
    _protocol = protocol;
    _extensions = extensions;
    _status = 101;
    _responseHeaders = headers;
    _enter('open');
  }

  /// This side closes it.
  void closing() {
    if (_states.current == 'open') _enter('closing');
  }

  /// It could not be opened.
  void failed(ConnectException error) {
    _error = error;
    if (error is UpgradeRefusedException) {
      _status = error.statusCode;
      _responseHeaders = error.headers;
    }
    _end('failed', '$error');
  }

  /// It has ended.
  void closed(CloseInfo info) {
    _closeInfo = info;
    _end('closed', '$info');
  }

  void _end(String state, String detail) {
    final source = _source;
    if (source == null) return;
    _lastStats = source.stats;
    _lastRecording = source.recording;
    _source = null;
    _enter(state, detail);
    _inspector.onEnded(this);
  }

  void _enter(String state, [String? detail]) {
    _states.enter(state, detail);
    _inspector.changes.connection(id);
  }

  /// Records all frames with the first [payloadSize] bytes of their payloads;
  /// null ends it.
  void watch(int? payloadSize) {
    _isWatched = payloadSize != null;
    _recording?.watch(payloadSize);
  }

  /// Recorded frames: see [Recording.frames].
  RecordedFrames? frames(int after, int limit) =>
      _recording?.frames(after, limit);

  /// Sends a message. Returns whether the connection is open.
  bool send(Object message) {
    final source = _source;
    if (source == null || _states.current != 'open') return false;
    switch (message) {
      case final String text:
        source.sendText(text);
      case final List<int> bytes:
        source.sendBytes(bytes);
    }
    return true;
  }

  /// As the service extension returns it.
  Map<String, Object?> toJson() {
    final source = _source;
    final showsSecrets = WebSocketInspector.showsSecrets;
    String? shown(String protocol) =>
        shownProtocol(protocol, showsSecrets: showsSecrets);
    List<Object?> fields(Iterable<({String name, String value})> fields) => [
      for (final (:name, :value) in fields)
        {
          'name': name,
          'value': shownValue(name, value, showsSecrets: showsSecrets),
        },
    ];
    final closeInfo = _closeInfo;
    return {
      'id': id,
      'reconnecting': _request.channel?.id,
      'attempt': _attempt,
      'url': shownUrl(_request.url, showsSecrets: showsSecrets),
      'state': _states.current,
      'states': _states.toJson(),
      'request': {
        'headers': fields(_request.headers),
        'protocols': [..._request.protocols.map(shown)],
        'pingInterval': _request.pingInterval?.inMicroseconds,
        'connectTimeout': _request.connectTimeout?.inMicroseconds,
        'compression': _request.compression.isOffered,
      },
      'response': switch (_responseHeaders) {
        null => null,
        final headers => {
          'status': _status,
          'headers': fields([
            for (final MapEntry(key: name, value: values) in headers.entries)
              for (final value in values) (name: name, value: value),
          ]),
        },
      },
      'protocol': switch (_protocol) {
        null => '',
        final protocol => shown(protocol),
      },
      'extensions': _extensions,
      'steps': [
        for (final step in _recording?.steps ?? const <ConnectStep>[])
          step.toJson(),
      ],
      'stats': _statsToJson(source?.stats ?? _lastStats),
      'bufferedAmount': source?.bufferedAmount ?? 0,
      'isPaused': source?.isPaused ?? false,
      'isReading': source?.isReading ?? false,
      'close': closeInfo == null
          ? null
          : {
              'code': closeInfo.code,
              'reason': closeInfo.reason,
              'initiator': closeInfo.initiator.name,
              'isClean': closeInfo.isClean,
              'error': closeInfo.error,
            },
      'error': _error?.toString(),
      'isWatched': _isWatched,
    };
  }

  static Map<String, Object?>? _statsToJson(WebSocketStats? stats) {
    if (stats == null) return null;
    Map<String, Object?> traffic(WebSocketTraffic traffic) => {
      'messages': traffic.messages,
      'payload': traffic.payload,
      'payloadOnWire': traffic.payloadOnWire,
    };
    return {
      'bytesSent': stats.bytesSent,
      'bytesReceived': stats.bytesReceived,
      'sent': traffic(stats.sent),
      'received': traffic(stats.received),
      'roundTrips': stats.roundTrips,
      'lastRoundTrip': stats.lastRoundTrip?.inMicroseconds,
      'shortestRoundTrip': stats.shortestRoundTrip?.inMicroseconds,
      'averageRoundTrip': stats.averageRoundTrip?.inMicroseconds,
    };
  }
}
