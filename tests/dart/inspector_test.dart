// What the inspector's service extensions return.
import 'dart:async';
import 'dart:convert';
import 'dart:developer';
import 'dart:io' show CompressionOptions, ServerSocket;
import 'dart:isolate';
import 'dart:typed_data';

import 'package:rust_web_socket/inspector.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';
import 'support/vm_service.dart';

typedef _Json = Map<String, dynamic>;

void main() {
  late VmService service;
  setUp(() async => service = await VmService.connect());

  Future<_Json> list() => service.extension('ext.rust_web_socket.connections');

  Future<List<_Json>> connections() async =>
      ((await list())['connections'] as List).cast();

  /// The last connection.
  Future<_Json> last() async => (await connections()).last;

  Future<void> watch(Object? id, {int payload = 0, String viewer = ''}) =>
      service.extension('ext.rust_web_socket.watch', {
        'connections': '$id',
        'payload': '$payload',
        'viewer': viewer,
      });

  Future<List<String>> frames(Object? id) async {
    final result = await service.extension('ext.rust_web_socket.frames', {
      'connection': '$id',
    });
    return _texts(base64Decode(result['frames'] as String));
  }

  test('a connection is listed with its steps and without secrets', () async {
    final url = await serve((socket) => socket.drain<void>());
    final socket = await RustWebSocket.connect(
      url.replace(
        userInfo: 'me:s3cret',
        path: '/chat',
        query: 'token=s3cret&v=s3cret',
      ),
      headers: {'Authorization': 'Bearer s3cret', 'User-Agent': 'test'},
      protocols: ['graphql-ws', 'bearer.s3cret'],
    );
    var connection = await last();
    expect(connection['url'], 'ws://…@127.0.0.1:${url.port}/chat?token=…&v=…');
    expect(connection['state'], 'open');
    expect(
      [for (final state in connection['states'] as List) state['state']],
      ['connecting', 'open'],
    );
    expect(connection['request'], {
      'headers': [
        {'name': 'Authorization', 'value': null},
        {'name': 'User-Agent', 'value': 'test'},
      ],
      'protocols': ['graphql-ws', null],
      'pingInterval': null,
      'connectTimeout': null,
      'compression': true,
    });
    final response = connection['response'] as _Json;
    expect(response['status'], 101);
    final steps = (connection['steps'] as List).cast<_Json>();
    expect(
      [for (final step in steps) (step['kind'], step['target'])],
      [
        ('lookup', '127.0.0.1'),
        ('tcp', '127.0.0.1:${url.port}'),
        ('upgrade', '127.0.0.1:${url.port}'),
      ],
    );
    for (final step in steps) {
      expect(step['end'], greaterThanOrEqualTo(step['start'] as int));
      expect(step['error'], isNull);
    }
    expect(steps.last['detail'], '101');
    expect(jsonEncode(await list()), isNot(contains('s3cret')));

    WebSocketInspector.showsSecrets = true;
    addTearDown(() => WebSocketInspector.showsSecrets = false);
    connection = await last();
    expect(connection['url'], contains('token=s3cret'));
    expect((connection['request'] as _Json)['protocols'], [
      'graphql-ws',
      'bearer.s3cret',
    ]);
    await socket.close();
    await socket.ended;
    connection = await last();
    expect(connection['state'], 'closed');
    expect((connection['close'] as _Json)['code'], isA<int>());
    expect(connection['steps'], hasLength(3));
  });

  test('a refused connection has its status and cause', () async {
    final url = await serveHttp(
      (request) => request.response
        ..statusCode = 403
        ..headers.set('X-Token', 's3cret')
        ..close(),
    );
    await expectLater(
      RustWebSocket.connect(url),
      throwsA(isA<UpgradeRefusedException>()),
    );
    final connection = await last();
    expect(connection['state'], 'failed');
    expect(connection['error'], contains('403'));
    final response = connection['response'] as _Json;
    expect(response['status'], 403);
    expect(
      response['headers'],
      contains(equals({'name': 'x-token', 'value': null})),
    );
    expect((connection['steps'] as List).last['detail'], '403');
  });

  test('a port that nobody listens at has a failed step', () async {
    final server = await ServerSocket.bind('127.0.0.1', 0);
    final port = server.port;
    await server.close();
    await expectLater(
      RustWebSocket.connect(Uri.parse('ws://127.0.0.1:$port')),
      throwsA(isA<ConnectException>()),
    );
    final step = ((await last())['steps'] as List).last as _Json;
    expect(step['kind'], 'tcp');
    expect(step['error'], isNotEmpty);
  });

  test('frames before the watch are there, without payloads', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    socket.sendText('Hello');
    await socket.events.first;
    final id = (await last())['id'];
    expect(await frames(id), ['-> 1: 81 5 of 5 ', '<- 1: 81 5 of 5 ']);
    await socket.close();
  });

  test('a watch records the payloads that it asks for', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    final id = (await last())['id'];
    await watch(id, payload: 3);
    final events = StreamIterator(socket.events);
    socket.sendText('Hello');
    await events.moveNext();
    await watch('');
    socket.sendBytes(Uint8List(2));
    await events.moveNext();
    expect(await frames(id), [
      '-> 1: 81 5 of 5 Hel',
      '<- 1: 81 5 of 5 Hel',
      '-> 2: 82 2 of 2 ',
      '<- 2: 82 2 of 2 ',
    ]);
    await socket.close();
    await socket.ended;
    expect((await frames(id)).first, '-> 1: 81 5 of 5 Hel');
  });

  test('text that arrives as bytes is recorded as text', () async {
    final socket = await RustWebSocket.connect(
      await serveEcho(),
      options: const WebSocketOptions(textAsBytes: true),
    );
    final id = (await last())['id'];
    await watch(id, payload: 5);
    socket.sendText('Hello');
    expect(await socket.events.first, isA<BinaryDataReceived>());
    expect(await frames(id), [
      '-> 1: 81 5 of 5 Hello',
      '<- 1: 81 5 of 5 Hello',
    ]);
    await socket.close();
  });

  test('a watch does not keep an isolate whose connections ended', () async {
    final url = await serveEcho();
    final (ids, exits) = (ReceivePort(), ReceivePort());
    final isolate = await Isolate.spawn(
      (to) async {
        final (url, port) = to;
        final socket = await RustWebSocket.connect(url);
        final close = ReceivePort();
        port.send(close.sendPort);
        await close.first;
        await socket.close();
        await socket.ended;
      },
      (url, ids.sendPort),
      onExit: exits.sendPort,
    );
    final close = await ids.first as SendPort;
    Future<void> watch() => service.call('ext.rust_web_socket.watch', {
      'isolateId': Service.getIsolateId(isolate),
      'connections': '1',
    });
    await watch();
    final ended = exits.first;
    close.send(null);
    await ended.timeout(const Duration(seconds: 5));
  });

  test('two viewers get what the one that asks for more gets', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    final id = (await last())['id'];
    await watch(id, payload: 4, viewer: 'a');
    await watch(id, viewer: 'b');
    final events = StreamIterator(socket.events);
    socket.sendText('Hello');
    await events.moveNext();
    await watch('', viewer: 'a');
    socket.sendText('Hello');
    await events.moveNext();
    expect((await frames(id)).where((frame) => frame.startsWith('->')), [
      '-> 1: 81 5 of 5 Hell',
      '-> 2: 81 5 of 5 ',
    ]);
    await socket.close();
  });

  test('a compressed message is inflated', () async {
    final url = await serveEcho(
      compression: CompressionOptions.compressionDefault,
    );
    final socket = await RustWebSocket.connect(url);
    final id = (await last())['id'];
    await watch(id, payload: 10);
    socket.sendText('a' * 10000);
    await socket.events.first;
    final recorded = await frames(id);
    expect(recorded, hasLength(2));
    expect(recorded.first, matches(r'^-> 1: c1 \d+ of 10000 a{10}$'));
    expect(recorded.last, matches(r'^<- 1: c1 \d+ of 10000 a{10}$'));
    await socket.close();
  });

  test('fragments have their own payload, the last one the message', () async {
    final url = await serveFrames((peer) {
      peer
        ..sendFrame(1, utf8.encode('one '), flags: 0)
        ..sendFrame(9, utf8.encode('ping'))
        ..sendFrame(0, utf8.encode('two'));
    });
    final socket = await RustWebSocket.connect(url);
    // What has arrived with the upgrade is there without a payload.
    await socket.events.first;
    final id = (await last())['id'];
    expect((await frames(id)).where((frame) => frame.startsWith('<-')), [
      '<- 1: 01 4 ',
      '<- 2: 89 4 ',
      '<- 3: 80 3 of 7 ',
    ]);
    await socket.close();
  });

  test('frames that are not recorded leave a gap in the numbers', () async {
    final url = await serve((socket) {
      socket.drain<void>().ignore();
      for (var i = 0; i < 1000; i++) {
        socket.add('x');
      }
    });
    final socket = await RustWebSocket.connect(url);
    await socket.events.take(1000).drain<void>();
    final id = (await last())['id'];
    final result = await service.extension('ext.rust_web_socket.frames', {
      'connection': '$id',
    });
    expect(result['received'], 1000);
    final recorded = _texts(base64Decode(result['frames'] as String));
    expect(recorded.length, lessThanOrEqualTo(256));
    await socket.close();
  });

  test('a limit and a position page through the frames', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    final events = StreamIterator(socket.events);
    for (var i = 0; i < 5; i++) {
      socket.sendText('$i');
      await events.moveNext();
    }
    final id = (await last())['id'];
    Future<List<String>> pages() async {
      final all = <String>[];
      for (var after = 0; ;) {
        final page = await service.extension('ext.rust_web_socket.frames', {
          'connection': '$id',
          'after': '$after',
          'limit': '3',
        });
        all.addAll(_texts(base64Decode(page['frames'] as String)));
        after = page['next'] as int;
        if (page['isComplete'] as bool) return all;
      }
    }

    final recorded = await pages();
    expect(recorded, hasLength(10));
    await socket.close();
    await socket.ended;
    expect((await pages()).take(10), recorded);
  });

  test('the connections of a reconnecting channel have its id', () async {
    var count = 0;
    final url = await serve((socket) {
      socket.drain<void>().ignore();
      if (++count == 1) unawaited(socket.close(1001));
    });
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(start: Duration(milliseconds: 1)),
      ),
    );
    await channel.states
        .where((state) => state is ChannelOpen)
        .take(2)
        .drain<void>();
    final result = await list();
    final group = (result['reconnecting'] as List).last as _Json;
    expect(group['state'], 'open');
    expect(group['reconnects'], 1);
    expect([
      for (final state in group['states'] as List) state['state'],
    ], containsAll(['connecting', 'open', 'waiting', 'open']));
    expect(
      [
        for (final connection in result['connections'] as List)
          if (connection['reconnecting'] == group['id'])
            (connection['attempt'], connection['state']),
      ],
      [(1, 'closed'), (2, 'open')],
    );
    await channel.sink.close();
  });

  test("errors of the app's callbacks are shown with secrets only", () async {
    Future<String> fail() async {
      final channel = ReconnectingWebSocketChannel.connectTo(
        (_) => throw Exception('https://127.0.0.1/?token=s3cret'),
        reconnect: const ReconnectOptions(maxAttempts: 1),
      );
      await expectLater(
        channel.ready,
        throwsA(isA<WebSocketChannelException>()),
      );
      return jsonEncode(((await list())['reconnecting'] as List).last);
    }

    final shown = await fail();
    expect(shown, contains('_Exception'));
    expect(shown, isNot(contains('s3cret')));
    WebSocketInspector.showsSecrets = true;
    addTearDown(() => WebSocketInspector.showsSecrets = false);
    expect(await fail(), contains('s3cret'));
  });

  test('a channel that is lost again and again displaces no other', () async {
    final url = await serve((socket) => unawaited(socket.close(1001)));
    final socket = await RustWebSocket.connect(url);
    final id = (await last())['id'];
    await socket.events.drain<void>();
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(
          start: Duration(milliseconds: 1),
          cap: Duration(milliseconds: 1),
        ),
      ),
    );
    await channel.states
        .where((state) => state is ChannelOpen)
        .take(40)
        .drain<void>();
    await channel.sink.close();
    final all = await connections();
    expect(all.map((connection) => connection['id']), contains(id));
    final group = ((await list())['reconnecting'] as List).last['id'];
    expect(
      all.where(
        (connection) =>
            connection['reconnecting'] == group &&
            connection['state'] == 'closed',
      ),
      hasLength(8),
    );
  });

  test('the last 32 of those that have ended are kept', () async {
    final url = await serveHttp(
      (request) => request.response
        ..statusCode = 403
        ..close(),
    );
    for (var i = 0; i < 33; i++) {
      await RustWebSocket.connect(url).then((_) {}, onError: (_) {});
    }
    final result = await list();
    expect(result['forgotten'], greaterThan(0));
    final ended = (result['connections'] as List).where(
      (connection) => ['closed', 'failed'].contains(connection['state']),
    );
    expect(ended, hasLength(32));
  });

  test('a viewer sends only if the app allows it', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    final id = (await last())['id'];
    Future<_Json> send(_Json message) => service.extension(
      'ext.rust_web_socket.send',
      {'connection': '$id', ...message},
    );
    await expectLater(
      send({'text': 'Hello'}),
      throwsA(predicate((error) => '$error'.contains('allowsSending = true'))),
    );
    WebSocketInspector.allowsSending = true;
    addTearDown(() => WebSocketInspector.allowsSending = false);
    await send({'text': 'Hello'});
    await send({
      'binary': base64Encode([1, 2]),
    });
    final events = StreamIterator(socket.events);
    await events.moveNext();
    expect((events.current as TextDataReceived).text, 'Hello');
    await events.moveNext();
    expect((events.current as BinaryDataReceived).data, [1, 2]);
    await expectLater(
      send({'binary': '%'}),
      throwsA(predicate((error) => '$error'.contains('base64'))),
    );
    await socket.close();
    await socket.ended;
    await expectLater(
      send({'text': 'late'}),
      throwsA(predicate((error) => '$error'.contains('not open'))),
    );
  });

  test('an invalid parameter is named', () async {
    final socket = await RustWebSocket.connect(await serveEcho());
    final id = '${(await last())['id']}';
    for (final (method, parameters, named) in [
      ('frames', {'connection': 'x'}, 'no such connection'),
      ('frames', {'connection': id, 'limit': '0'}, 'limit'),
      ('frames', {'connection': id, 'after': '-1'}, 'after'),
      ('watch', {'connections': id, 'payload': '1e9'}, 'payload'),
    ]) {
      await expectLater(
        service.extension('ext.rust_web_socket.$method', parameters),
        throwsA(predicate((error) => '$error'.contains(named))),
      );
    }
    await socket.close();
  });

  test('viewers are told what has changed', () async {
    await service.call('streamListen', {'streamId': 'Extension'});
    final changed = service.events
        .where((event) => event['extensionKind'] == 'rust_web_socket.changed')
        .map((event) => (event['extensionData'] as _Json)['connections'])
        .firstWhere((ids) => (ids as List).isNotEmpty);
    final socket = await RustWebSocket.connect(await serveEcho());
    expect(await changed, contains((await last())['id']));
    await socket.close();
  });
}

/// `direction number: first byte, size, size of the message, payload`, as in
/// the tests of `recording.rs`.
List<String> _texts(Uint8List records) {
  final data = ByteData.sublistView(records);
  final texts = <String>[];
  for (var start = 0; start < records.length;) {
    int number(int offset) => data.getUint64(start + offset, Endian.little);
    final end = start + 38 + data.getUint32(start + 34, Endian.little);
    final message = records[start] & 2 == 0 ? '' : ' of ${number(26)}';
    texts.add(
      '${records[start] & 1 != 0 ? '->' : '<-'} ${number(10)}: '
      '${records[start + 1].toRadixString(16).padLeft(2, '0')} '
      '${number(18)}$message '
      '${utf8.decode(records.sublist(start + 38, end))}',
    );
    start = end;
  }
  return texts;
}
