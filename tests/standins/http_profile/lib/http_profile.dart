/// Stand-in for package:http_profile: requests in what dart:io's service
/// extensions report to DevTools.
library;

import 'dart:async';
import 'dart:developer';
import 'dart:io' show HttpClient;
import 'dart:isolate';

/// What happened during a request.
final class HttpProfileRequestEvent {
  /// Creates an event.
  HttpProfileRequestEvent({required this.timestamp, required this.name});

  /// When it happened.
  final DateTime timestamp;

  /// What happened.
  final String name;
}

/// A request that DevTools shows.
final class HttpClientRequestProfile {
  HttpClientRequestProfile._(this._json);

  /// Whether requests are recorded.
  static bool get profilingEnabled => HttpClient.enableTimelineLogging;
  static set profilingEnabled(bool enabled) =>
      HttpClient.enableTimelineLogging = enabled;

  /// Begins to record a request; null if none is recorded.
  static HttpClientRequestProfile? profile({
    required DateTime requestStartTime,
    required String requestMethod,
    required String requestUri,
  }) {
    if (const bool.fromEnvironment('dart.vm.product') || !profilingEnabled) {
      return null;
    }
    final json = <String, dynamic>{
      'isolateId': Service.getIsolateId(Isolate.current)!,
      'requestMethod': requestMethod,
      'requestUri': requestUri,
      'requestStartTimestamp': requestStartTime.microsecondsSinceEpoch,
      'events': <Map<String, dynamic>>[],
      'requestData': <String, dynamic>{},
      'requestBodyBytes': <int>[],
      'responseData': <String, dynamic>{'redirects': <Map<String, dynamic>>[]},
      'responseBodyBytes': <int>[],
    };
    final profile = HttpClientRequestProfile._(json).._touch();
    addHttpClientProfilingData(json);
    return profile;
  }

  final Map<String, dynamic> _json;

  /// The request.
  late final requestData = HttpProfileRequestData._(this);

  /// The response to it.
  late final responseData = HttpProfileResponseData._(this);

  /// Strings and numbers about the connection.
  set connectionInfo(Map<String, dynamic>? value) {
    for (final it in (value ?? const {}).values) {
      if (it is! String && it is! int) throw ArgumentError.value(it);
    }
    for (final data in [requestData._json, responseData._json]) {
      if (value == null) {
        data.remove('connectionInfo');
      } else {
        data['connectionInfo'] = {...value};
      }
    }
    _touch();
  }

  /// Adds [event].
  void addEvent(HttpProfileRequestEvent event) {
    (_json['events'] as List<Map<String, dynamic>>).add({
      'timestamp': event.timestamp.microsecondsSinceEpoch,
      'event': event.name,
    });
    _touch();
  }

  void _touch() =>
      _json['_lastUpdateTime'] = DateTime.now().microsecondsSinceEpoch;
}

/// The request.
final class HttpProfileRequestData extends _Message {
  HttpProfileRequestData._(HttpClientRequestProfile profile)
    : super(profile, 'request');

  @override
  void _end(int time) => _profile._json['requestEndTimestamp'] = time;
}

/// The response.
final class HttpProfileResponseData extends _Message {
  HttpProfileResponseData._(HttpClientRequestProfile profile)
    : super(profile, 'response');

  /// When it began.
  set startTime(DateTime? value) =>
      _set('startTime', value?.microsecondsSinceEpoch);

  /// Its status.
  set statusCode(int? value) => _set('statusCode', value);

  /// The text after its status.
  set reasonPhrase(String? value) => _set('reasonPhrase', value);

  /// Whether its status is that of a redirect.
  set isRedirect(bool? value) => _set('isRedirect', value);

  @override
  void _end(int time) => _json['endTime'] = time;
}

/// What request and response have in common.
sealed class _Message {
  _Message(this._profile, this._name) {
    final bytes = _profile._json['${_name}BodyBytes'] as List<int>;
    _body.stream.listen(bytes.addAll, onError: (Object _) {});
  }

  final HttpClientRequestProfile _profile;
  final String _name;
  final _body = StreamController<List<int>>();
  bool _isClosed = false;

  Map<String, dynamic> get _json =>
      _profile._json['${_name}Data'] as Map<String, dynamic>;

  void _end(int time);

  /// Takes the body.
  StreamSink<List<int>> get bodySink => _body.sink;

  /// The header fields.
  set headersListValues(Map<String, List<String>>? value) =>
      _set('headers', value == null ? null : {...value});

  /// Ends it, by default now.
  Future<void> close([DateTime? endTime]) => _close(null, endTime);

  /// Ends it with the error [value], by default now.
  Future<void> closeWithError(String value, [DateTime? endTime]) =>
      _close(value, endTime);

  Future<void> _close(String? error, DateTime? endTime) async {
    _change();
    _isClosed = true;
    await bodySink.close();
    if (error != null) _json['error'] = error;
    _end((endTime ?? DateTime.now()).microsecondsSinceEpoch);
  }

  void _set(String key, Object? value) {
    _change();
    if (value == null) {
      _json.remove(key);
    } else {
      _json[key] = value;
    }
  }

  void _change() {
    if (_isClosed) throw StateError('It has ended');
    _profile._touch();
  }
}
