/// The upgrade in DevTools' network view, through package:http_profile.
///
/// For native code only: the package imports dart:io and dart:isolate.
library;

import 'dart:async';

import 'package:http_profile/http_profile.dart';

import '../exceptions/connect_exception.dart';
import 'redaction.dart';

/// An upgrade (RFC 6455 section 4) that DevTools' network view shows as a
/// request.
///
/// Secrets are hidden as in the inspector. Nothing is recorded, and no code for
/// it is in the app, in a release build.
final class UpgradeProfile {
  UpgradeProfile._(this._profile, this._showsSecrets);

  /// Whether DevTools, or the app by `HttpClient.enableTimelineLogging`, has
  /// turned recording on.
  static bool get isEnabled =>
      !const bool.fromEnvironment('dart.vm.product') &&
      HttpClientRequestProfile.profilingEnabled;

  /// Records that the upgrade to [url] began at [time] with [headers].
  ///
  /// Null unless [isEnabled].
  static UpgradeProfile? begin({
    required Uri url,
    required Map<String, List<String>> headers,
    required DateTime time,
    required bool showsSecrets,
  }) {
    if (!isEnabled) return null;
    final profile = HttpClientRequestProfile.profile(
      requestStartTime: time,
      requestMethod: 'GET',
      // With its scheme, which tells it from other requests. DevTools parses
      // it, and would show the character of [hidden] percent-encoded.
      requestUri: shownUrl(
        url,
        showsSecrets: showsSecrets,
      ).replaceAll(hidden, '...'),
    );
    if (profile == null) return null;
    final upgrade = UpgradeProfile._(profile, showsSecrets);
    profile
      ..connectionInfo = _client
      ..requestData.headersListValues = upgrade._shown(headers);
    return upgrade;
  }

  static const _client = {'package': 'package:rust_web_socket'};

  final HttpClientRequestProfile _profile;
  final bool _showsSecrets;

  /// The package's objects throw when they are closed twice.
  bool _hasEnded = false;

  /// Records that the phase [name] of connecting ended at [time].
  void phaseEnded(String name, DateTime time) =>
      _profile.addEvent(HttpProfileRequestEvent(timestamp: time, name: name));

  /// Records that the server at [remoteAddress], for example
  /// `93.184.216.34:443` or `[2001:db8::1]:443`, has upgraded the connection.
  void succeeded({
    required Map<String, List<String>> headers,
    required String? protocol,
    String? remoteAddress,
    DateTime? time,
  }) {
    if (_hasEnded) return;
    _profile.connectionInfo = {
      ..._client,
      if (remoteAddress != null) ..._address(remoteAddress),
      if (protocol != null && protocol.isNotEmpty)
        'subprotocol':
            shownProtocol(protocol, showsSecrets: _showsSecrets) ?? hidden,
    };
    _respond(101, 'Switching Protocols', headers, const [], time);
  }

  /// Records the failure [error]; the response, if the server refused the
  /// upgrade.
  void failed(ConnectException error, {DateTime? time}) {
    if (_hasEnded) return;
    if (error is UpgradeRefusedException) {
      // The body may quote the request's secrets.
      final body = _showsSecrets ? error.body : const <int>[];
      _respond(error.statusCode, error.message, error.headers, body, time);
      return;
    }
    _hasEnded = true;
    final end = time ?? DateTime.now();
    unawaited(_profile.requestData.closeWithError(error.toString(), end));
    // DevTools asks for the body of every request that is selected, and there is
    // none until the response has ended.
    unawaited(_profile.responseData.close(end));
  }

  void _respond(
    int status,
    String reason,
    Map<String, List<String>> headers,
    List<int> body,
    DateTime? time,
  ) {
    _hasEnded = true;
    final end = time ?? DateTime.now();
    unawaited(_profile.requestData.close(end));
    final response = _profile.responseData
      ..startTime = end
      ..statusCode = status
      ..reasonPhrase = reason
      ..isRedirect = status >= 300 && status < 400
      ..headersListValues = _shown(headers);
    if (body.isNotEmpty) response.bodySink.add(body);
    unawaited(response.close(end));
  }

  Map<String, List<String>> _shown(Map<String, List<String>> headers) => {
    for (final MapEntry(key: name, value: values) in headers.entries)
      // DevTools' export fails on a field without values.
      if (values.isNotEmpty)
        name: [
          for (final value in values)
            shownValue(name, value, showsSecrets: _showsSecrets) ?? hidden,
        ],
  };

  /// Under the keys of dart:io's own requests.
  static Map<String, Object> _address(String remoteAddress) {
    final end = remoteAddress.lastIndexOf(':');
    final port = end < 0
        ? null
        : int.tryParse(remoteAddress.substring(end + 1));
    if (port == null) return {'remoteAddress': remoteAddress};
    final host = remoteAddress.substring(0, end);
    return {
      'remoteAddress': host.replaceAll(RegExp(r'^\[|\]$'), ''),
      'remotePort': port,
    };
  }
}
