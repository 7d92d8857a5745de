// The first exchanges of the protocols that people run over WebSockets, over
// each interface of the package, with servers that others wrote. `cargo xtask
// test` says where those are.
import 'dart:convert';
import 'dart:developer';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/program.dart';
import 'support/talk.dart';

void main() {
  final environment = Platform.environment;
  final node = environment['NODE'];

  Future<Uri> serve(String name) async {
    final script = 'tests/peers/protocols/${name}_server.js';
    final server = await Program.start(node!, [script, '--port', '0']);
    return Uri.parse(await server.url);
  }

  /// Tests of a protocol over each interface, with the server of `name`.
  void protocol(
    String name,
    Map<String, Future<void> Function(Opener open, Uri url)> tests, {
    String variable = 'NODE',
  }) {
    for (final MapEntry(key: interface, value: open) in interfaces.entries) {
      group(
        '$name over $interface:',
        () {
          tests.forEach((behaviour, body) {
            test(behaviour, () async => body(open, await serve(name)));
          });
        },
        skip: environment.containsKey(variable)
            ? false
            : '$variable is not set: run `cargo xtask test protocols`',
        timeout: const Timeout(Duration(minutes: 1)),
      );
    }
  }

  protocol('socket_io', {
    'events, acknowledgements and binary data': (open, url) async {
      final client = await _SocketIo.connect(open, url);
      client.send('42["echo","你好",7]');
      expect(await client.next, '42["echo","你好",7]');
      client.send('421["sum",20,22]');
      expect(await client.next, '431[42]');
      const placeholder = '451-["echo",{"_placeholder":true,"num":0}]';
      final data = Uint8List.fromList([0, 255, 128]);
      client
        ..send(placeholder)
        ..send(data);
      expect(await client.next, placeholder);
      expect(await client.next, data);
    },
    'a connection stays open while its pings are answered': (open, url) async {
      final client = await _SocketIo.connect(open, url);
      await client.answerPings(3);
      client.send('42["echo"]');
      expect(await client.next, '42["echo"]');
    },
  });

  protocol('graphql_ws', {
    'a query and a subscription': (open, url) async {
      final client = await _GraphQl.connect(open, url);
      client.subscribe('1', '{ greeting }');
      expect(await client.next, _next('1', {'greeting': '你好'}));
      expect(await client.next, {'id': '1', 'type': 'complete'});
      const count = 500;
      client.subscribe('2', 'subscription { countTo(limit: $count) }');
      for (var number = 1; number <= count; number++) {
        expect(await client.next, _next('2', {'countTo': number}));
      }
      expect(await client.next, {'id': '2', 'type': 'complete'});
    },
    'a ping has a pong': (open, url) async {
      final client = await _GraphQl.connect(open, url);
      client.send({'type': 'ping'});
      expect(await client.next, {'type': 'pong'});
    },
  });

  group('graphql_ws:', () {
    test('a client that is refused has the code 4403', () async {
      final channel = RustWebSocketChannel.connect(
        await serve('graphql_ws'),
        protocols: ['graphql-transport-ws'],
      );
      channel.sink.add('{"type":"connection_init"}');
      await channel.stream.drain<void>();
      expect((channel.closeCode, channel.closeReason), (4403, 'Forbidden'));
    });
  }, skip: node == null ? 'NODE is not set' : false);

  protocol('stomp', {
    'what one client sends reaches the one that has subscribed':
        (open, url) async {
          final receiver = await _Stomp.connect(open, url);
          receiver.send('SUBSCRIBE', {
            'id': 'sub-0',
            'destination': '/greetings',
          });
          // The broker's error says that it has dealt with what was sent before.
          receiver.send('UNSUBSCRIBE', {'id': 'unknown'});
          expect((await receiver.next).command, 'ERROR');

          final sender = await _Stomp.connect(open, url);
          sender.send('SEND', {'destination': '/greetings'}, '你好');
          final message = await receiver.next;
          expect(message.command, 'MESSAGE');
          expect(message.headers['subscription'], 'sub-0');
          expect(message.body, '你好');
        },
  });

  protocol('mqtt', {
    'a message to a topic that was subscribed to comes back':
        (open, url) async {
          final client = await _Mqtt.connect(open, url);
          client.send(0x82, [0, 1, ..._mqttString('greetings/#'), 1]);
          await client.expectNext(0x90, [0, 1, 1]);
          // More than one segment, and a length of three bytes.
          final payload = List.generate(100000, (i) => i % 251);
          final topic = _mqttString('greetings/world');
          client.send(0x30, [...topic, ...payload]);
          final (type, body) = await client.next;
          expect(type, 0x30);
          expect(body.sublist(0, topic.length), topic);
          expect(body.length, topic.length + payload.length);
          expect(
            base64.encode(body.sublist(topic.length)),
            base64.encode(payload),
          );
        },
    'a ping is answered': (open, url) async {
      final client = await _Mqtt.connect(open, url);
      client.send(0xc0, []);
      await client.expectNext(0xd0, []);
    },
  });

  protocol('nats', variable: 'NATS_SERVER', {
    'a message to a subject that was subscribed to comes back':
        (open, url) async {
          final client = await _Nats.connect(open, url);
          client.send('SUB greetings.* 1\r\n');
          client.send('PUB greetings.world 6\r\n你好\r\n');
          expect(await client.line, 'MSG greetings.world 1 6');
          expect(await client.line, '你好');
        },
  });

  group('the service of the Dart VM, JSON-RPC 2.0,', () {
    late Uri url;
    setUpAll(() async {
      // A bare VM complains that it has no dartdev; the service runs nevertheless.
      final info = await Service.controlWebServer(
        enable: true,
        silenceOutput: true,
      );
      url = info.serverWebSocketUri!;
    });
    tearDownAll(() => Service.controlWebServer(enable: false));

    for (final MapEntry(key: interface, value: open) in interfaces.entries) {
      test('answers calls and posts events over $interface', () async {
        final talk = await open(url);
        Future<Object?> answerTo(String id, String method, [Object? params]) {
          talk.send(
            json.encode({
              'jsonrpc': '2.0',
              'id': id,
              'method': method,
              'params': params ?? const <String, Object>{},
            }),
          );
          return talk.next.then((it) => json.decode(it! as String));
        }

        expect(await answerTo('1', 'getVersion'), {
          'jsonrpc': '2.0',
          'id': '1',
          'result': containsPair('type', 'Version'),
        });
        expect(
          await answerTo('2', 'streamListen', {'streamId': 'Extension'}),
          containsPair('id', '2'),
        );
        postEvent('greeting', {'text': '你好'});
        final event = json.decode((await talk.next)! as String);
        expect(
          event,
          allOf(containsPair('method', 'streamNotify'), isNot(contains('id'))),
        );
        expect('$event', contains('你好'));
      });
    }
  });
}

/// Socket.IO 5 on Engine.IO 4, with WebSocket as its only transport.
final class _SocketIo {
  _SocketIo._(this._talk);

  static Future<_SocketIo> connect(Opener open, Uri url) async {
    final talk = await open(
      url.replace(
        path: '/socket.io/',
        queryParameters: {'EIO': '4', 'transport': 'websocket'},
      ),
    );
    final handshake = '${await talk.next}';
    expect(handshake, startsWith('0{'));
    expect(json.decode(handshake.substring(1)), contains('sid'));
    talk.send('40');
    final client = _SocketIo._(talk);
    expect(await client.next, startsWith('40{"sid":'));
    return client;
  }

  final Talk _talk;

  void send(Object packet) => _talk.send(packet);

  /// The next packet that is no ping.
  Future<Object?> get next async {
    while (true) {
      final packet = await _talk.next;
      if (packet != '2') return packet;
      send('3');
    }
  }

  /// Waits for pings, and for nothing else.
  Future<void> answerPings(int count) async {
    for (var i = 0; i < count; i++) {
      expect(await _talk.next, '2');
      send('3');
    }
  }
}

/// The subprotocol graphql-transport-ws.
final class _GraphQl {
  _GraphQl._(this._talk);

  static Future<_GraphQl> connect(Opener open, Uri url) async {
    final talk = await open(url, ['graphql-transport-ws']);
    expect(talk.protocol, 'graphql-transport-ws');
    final client = _GraphQl._(talk);
    client.send({
      'type': 'connection_init',
      'payload': {'token': 'let me in'},
    });
    expect(await client.next, {'type': 'connection_ack'});
    return client;
  }

  final Talk _talk;

  void send(Map<String, Object> message) => _talk.send(json.encode(message));

  void subscribe(String id, String query) => send({
    'id': id,
    'type': 'subscribe',
    'payload': {'query': query},
  });

  Future<Object?> get next async => json.decode((await _talk.next)! as String);
}

/// A result of an operation of graphql-transport-ws.
Map<String, Object> _next(String id, Map<String, Object> data) => {
  'id': id,
  'type': 'next',
  'payload': {'data': data},
};

/// STOMP 1.1 and 1.2, each frame in a text message.
final class _Stomp {
  _Stomp._(this._talk);

  static Future<_Stomp> connect(Opener open, Uri url) async {
    final talk = await open(url, ['v12.stomp', 'v11.stomp']);
    expect(talk.protocol, 'v12.stomp');
    final client = _Stomp._(talk);
    client.send('CONNECT', {
      'accept-version': '1.1,1.2',
      'host': url.host,
      'heart-beat': '0,0',
    });
    expect((await client.next).command, 'CONNECTED');
    return client;
  }

  final Talk _talk;

  void send(String command, Map<String, String> headers, [String body = '']) {
    final lines = [
      command,
      for (final MapEntry(:key, :value) in headers.entries) '$key:$value',
    ];
    _talk.send('${lines.join('\n')}\n\n$body\x00');
  }

  Future<({String command, Map<String, String> headers, String body})>
  get next async {
    final frame = (await _talk.next)! as String;
    final end = frame.indexOf('\n\n');
    final [command, ...headers] = frame.substring(0, end).split('\n');
    return (
      command: command,
      headers: {
        for (final header in headers)
          header.substring(0, header.indexOf(':')): header.substring(
            header.indexOf(':') + 1,
          ),
      },
      body: frame.substring(end + 2, frame.lastIndexOf('\x00')),
    );
  }
}

/// MQTT 3.1.1 over the subprotocol mqtt, whose packets need not begin with a
/// message.
final class _Mqtt {
  _Mqtt._(this._talk);

  static Future<_Mqtt> connect(Opener open, Uri url) async {
    final talk = await open(url, ['mqtt']);
    expect(talk.protocol, 'mqtt');
    final client = _Mqtt._(talk);
    // A clean session, without a keep-alive.
    client.send(0x10, [..._mqttString('MQTT'), 4, 2, 0, 0, ..._mqttString('')]);
    await client.expectNext(0x20, [0, 0]);
    return client;
  }

  final Talk _talk;
  final _Bytes _received = _Bytes();

  void send(int type, List<int> body) {
    final length = <int>[];
    var rest = body.length;
    do {
      length.add(rest & 0x7f | (rest > 0x7f ? 0x80 : 0));
      rest >>= 7;
    } while (rest > 0);
    _talk.send(Uint8List.fromList([type, ...length, ...body]));
  }

  Future<void> expectNext(int type, List<int> body) async {
    final next = await this.next;
    expect([next.$1, ...next.$2], [type, ...body]);
  }

  /// The type and the body of the next packet.
  Future<(int, List<int>)> get next async {
    final [type] = await _received.take(1, _talk);
    var length = 0;
    for (var shift = 0; ; shift += 7) {
      final [byte] = await _received.take(1, _talk);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (type, await _received.take(length, _talk));
  }
}

List<int> _mqttString(String text) => [
  text.length >> 8,
  text.length & 0xff,
  ...ascii.encode(text),
];

/// The protocol of NATS, whose lines need not begin with a message.
final class _Nats {
  _Nats._(this._talk);

  static Future<_Nats> connect(Opener open, Uri url) async {
    final client = _Nats._(await open(url));
    expect(await client.line, startsWith('INFO {'));
    client.send('CONNECT {"verbose":false,"pedantic":false,"lang":"dart"}\r\n');
    client.send('PING\r\n');
    expect(await client.line, 'PONG');
    return client;
  }

  final Talk _talk;
  final _Bytes _received = _Bytes();

  void send(String text) => _talk.send(utf8.encode(text));

  /// The next line, without its end.
  Future<String> get line async {
    final line = <int>[];
    while (true) {
      line.addAll(await _received.take(1, _talk));
      if (line.last == 0x0a) return utf8.decode(line).trimRight();
    }
  }
}

/// The bytes of binary messages, in a row.
final class _Bytes {
  final List<int> _bytes = [];

  /// The next [count] bytes, from as many messages as it takes.
  Future<List<int>> take(int count, Talk talk) async {
    while (_bytes.length < count) {
      final message = await talk.next;
      expect(message, isA<Uint8List>(), reason: 'a binary message is expected');
      _bytes.addAll(message! as Uint8List);
    }
    final taken = _bytes.sublist(0, count);
    _bytes.removeRange(0, count);
    return taken;
  }
}
