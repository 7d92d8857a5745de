// What DevTools' network view reads about upgrades.
import 'dart:convert';
import 'dart:developer';
import 'dart:io' hide ConnectionRefusedException;
import 'dart:isolate';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/inspector/http_profile.dart';
import 'package:test/test.dart';

final _start = DateTime.utc(2026, 1, 1, 12);
final _end = _start.add(const Duration(milliseconds: 250));

UpgradeProfile? _begin({
  String url = 'wss://a.example/chat',
  Map<String, List<String>> headers = const {},
  bool showsSecrets = false,
}) => UpgradeProfile.begin(
  url: Uri.parse(url),
  headers: headers,
  time: _start,
  showsSecrets: showsSecrets,
);

UpgradeRefusedException _refusal({
  int status = 401,
  Map<String, List<String>> headers = const {},
  String body = '',
}) => UpgradeRefusedException(
  'The server refused the upgrade',
  statusCode: status,
  headers: headers,
  body: utf8.encode(body),
);

void main() {
  late Uri service;
  late bool wasOn;
  final client = HttpClient();
  final isolate = Service.getIsolateId(Isolate.current)!;

  /// Calls the service extension [name] as DevTools does.
  Future<Map<String, dynamic>> call(
    String name, [
    Map<String, String> parameters = const {},
  ]) async {
    final url = service.resolve(name);
    final query = {'isolateId': isolate, ...parameters};
    final request = await client.getUrl(url.replace(queryParameters: query));
    final text = await utf8.decodeStream(await request.close());
    return (jsonDecode(text) as Map<String, dynamic>)['result']
        as Map<String, dynamic>;
  }

  /// The ids of the recorded upgrades; not of the requests of [client].
  Future<List<String>> ids() async {
    final profile = await call('ext.dart.io.getHttpProfile');
    return [
      for (final request in profile['requests'] as List)
        if (request case {'id': final String id})
          if (id.startsWith('from_package/')) id,
    ];
  }

  /// The upgrade that was recorded last.
  Future<Map<String, dynamic>> last() async =>
      call('ext.dart.io.getHttpProfileRequest', {'id': (await ids()).last});

  setUpAll(() async {
    final before = await Service.getInfo();
    wasOn = before.serverUri != null;
    final now = wasOn
        ? before
        : await Service.controlWebServer(enable: true, silenceOutput: true);
    service = now.serverUri!;
  });
  tearDownAll(() async {
    client.close(force: true);
    if (!wasOn) await Service.controlWebServer();
  });
  setUp(() => HttpClient.enableTimelineLogging = true);
  tearDown(() => HttpClient.enableTimelineLogging = false);

  test('a successful upgrade is shown with its connection', () async {
    _begin(
        headers: {
          'Host': ['a.example'],
          'Upgrade': ['websocket'],
        },
      )!
      ..phaseEnded('Host lookup', _start)
      ..succeeded(
        headers: {
          'server': ['nginx'],
          'via': ['1.1 a', '1.1 b'],
        },
        protocol: 'mqtt',
        remoteAddress: '[2001:db8::1]:443',
        time: _end,
      );
    final request = await last();
    const connection = {
      'package': 'package:rust_web_socket',
      'remoteAddress': '2001:db8::1',
      'remotePort': 443,
      'subprotocol': 'mqtt',
    };
    expect(request, containsPair('method', 'GET'));
    expect(request, containsPair('uri', 'wss://a.example/chat'));
    expect(request, containsPair('startTime', _start.microsecondsSinceEpoch));
    expect(request, containsPair('endTime', _end.microsecondsSinceEpoch));
    expect(request['events'], [
      {'timestamp': _start.microsecondsSinceEpoch, 'event': 'Host lookup'},
    ]);
    expect(request['request'], {
      'headers': {
        'Host': ['a.example'],
        'Upgrade': ['websocket'],
      },
      'connectionInfo': connection,
    });
    expect(request['response'], {
      'redirects': isEmpty,
      'connectionInfo': connection,
      'startTime': _end.microsecondsSinceEpoch,
      'statusCode': 101,
      'reasonPhrase': 'Switching Protocols',
      'isRedirect': false,
      'headers': {
        'server': ['nginx'],
        'via': ['1.1 a', '1.1 b'],
      },
      'endTime': _end.microsecondsSinceEpoch,
    });
    expect(request['responseBody'], isEmpty);
  });

  test('a running upgrade has no end', () async {
    _begin();
    final request = await last();
    expect(request['endTime'], isNull);
    expect((request['response'] as Map)['endTime'], isNull);
  });

  test('a refused upgrade is shown with its status', () async {
    _begin()!.failed(
      _refusal(
        headers: {
          'content-type': ['text/plain'],
        },
      ),
      time: _end,
    );
    final response = (await last())['response'] as Map;
    expect(response['statusCode'], 401);
    expect(response['reasonPhrase'], 'The server refused the upgrade');
    expect(response['headers'], {
      'content-type': ['text/plain'],
    });
    expect(response['isRedirect'], isFalse);
    expect(response['endTime'], _end.microsecondsSinceEpoch);
  });

  test('a failure without a response is shown as an error', () async {
    const error = ConnectionRefusedException('a.example:443 refused it');
    _begin()!.failed(error, time: _end);
    final request = await last();
    expect((request['request'] as Map)['error'], '$error');
    expect(request['endTime'], _end.microsecondsSinceEpoch);
    // DevTools decodes both when the request is selected.
    expect(request['requestBody'], isEmpty);
    expect(request['responseBody'], isEmpty);
  });

  test('what comes after the end is ignored', () async {
    _begin()!
      ..succeeded(headers: const {}, protocol: null)
      ..failed(_refusal())
      ..succeeded(headers: const {}, protocol: 'mqtt');
    final response = (await last())['response'] as Map;
    expect(response['statusCode'], 101);
    expect(response['connectionInfo'], {'package': 'package:rust_web_socket'});
  });

  test('fields without values are left out', () async {
    _begin(
      headers: {'X-Empty': []},
    )!.succeeded(headers: {'x-empty': []}, protocol: '');
    final request = await last();
    expect((request['request'] as Map)['headers'], isEmpty);
    expect((request['response'] as Map)['headers'], isEmpty);
  });

  for (final showsSecrets in [false, true]) {
    test(
      'secrets are ${showsSecrets ? 'shown if allowed' : 'hidden'}',
      () async {
        const url = 'wss://me:s3cret@a.example/chat?token=s3cret#s3cret';
        const fields = {
          'authorization': ['Bearer s3cret'],
          'location': ['/?token=s3cret'],
        };
        UpgradeProfile begin() =>
            _begin(url: url, headers: fields, showsSecrets: showsSecrets)!;
        begin().succeeded(headers: fields, protocol: 's3cret');
        final success = await last();
        begin().failed(_refusal(headers: fields, body: 's3cret'));
        final refusal = await last();
        final body = utf8.decode(
          Uint8List.fromList((refusal['responseBody'] as List).cast<int>()),
        );
        expect('$success'.contains('s3cret'), showsSecrets);
        expect('$refusal'.contains('s3cret'), showsSecrets);
        expect(body, showsSecrets ? 's3cret' : '');
        expect(
          success['uri'],
          showsSecrets ? url : 'wss://...@a.example/chat?token=...',
        );
      },
    );
  }

  test('nothing is recorded while DevTools does not record', () async {
    HttpClient.enableTimelineLogging = false;
    final before = await ids();
    expect(UpgradeProfile.isEnabled, isFalse);
    expect(_begin(), isNull);
    expect(await ids(), before);
  });
}
