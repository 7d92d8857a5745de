/// What every implementation of `Connection` does.
library;

import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import 'implementation.dart';
import 'recorder.dart';

/// Tests that [implementation] behaves as `Connection` says.
void testConnection(Implementation implementation) {
  group(implementation.name, () {
    _testOpening(implementation);
    _testSending(implementation);
    _testDelivery(implementation);
    _testClosing(implementation);
    _testEnd(implementation);
  });
}

/// An open connection that delivers, and the server's end of it.
Future<(Recorder, Peer)> _open(
  Implementation implementation, {
  int? maxBufferedAmount,
}) async {
  final server = await implementation.start(
    maxBufferedAmount: maxBufferedAmount,
  );
  final client = Recorder(server.connector);
  final peer = await server.accept();
  expect(await client.next(), isA<Opened>());
  client.connection.isPaused = false;
  return (client, peer);
}

Matcher _isInfo(
  int code,
  String reason,
  CloseInitiator initiator, {
  required bool isClean,
}) => isA<CloseInfo>()
    .having((info) => info.code, 'code', code)
    .having((info) => info.reason, 'reason', reason)
    .having((info) => info.initiator, 'initiator', initiator)
    .having((info) => info.isClean, 'isClean', isClean)
    .having((info) => info.error, 'error', isClean ? isNull : isNotNull);

/// Text and binary around each limit of a frame's length (RFC 6455 section 5.2).
List<Object> _messagesOfEverySize() => [
  '',
  Uint8List(0),
  'Grüße, 你好 🎉',
  for (final size in [125, 126, 65535, 65536, 1 << 20]) ...[
    'a' * size,
    Uint8List(size),
  ],
];

void _testOpening(Implementation implementation) {
  test('opens with the subprotocol of the server', () async {
    final server = await implementation.start(protocol: 'chosen');
    final client = Recorder(server.connector);
    expect(client.events, isEmpty, reason: 'connecting calls no listener');
    await server.accept();
    final opened = await client.next() as Opened;
    expect(opened.protocol, 'chosen');
  });

  test('fails once where no server is, and ends every future', () async {
    final server = await implementation.start();
    final client = Recorder(server.failingConnector);
    final connection = client.connection..sendText('early');
    expect(client.events, isEmpty, reason: 'connecting calls no listener');
    final drained = connection.drained(0);
    expect(await client.next(), isA<ConnectException>());
    await drained;
    connection
      ..sendText('late')
      ..sendBytes([1]);
    expect(connection.bufferedAmount, 0);
    await connection.drained(0);
    await connection.close(1000, '');
    expect(client.events, hasLength(1));
  });

  test('sends what was sent before it is open', () async {
    final server = await implementation.start();
    final client = Recorder(server.connector);
    final bytes = Uint8List.fromList([1, 2]);
    client.connection
      ..sendText('a')
      ..sendBytes(bytes);
    bytes[0] = 9;
    final peer = await server.accept();
    expect(await peer.receive(), 'a');
    expect(await peer.receive(), [1, 2]);
  });

  test('sends what was sent before a close before it is open', () async {
    final server = await implementation.start();
    final client = Recorder(server.connector);
    client.connection.sendText('a');
    final closed = client.connection.close(3000, 'bye');
    final peer = await server.accept();
    expect(await peer.receive(), 'a');
    expect(await peer.receive(), isNull);
    expect(peer.closed, (3000, 'bye'));
    await closed;
  });
}

void _testSending(Implementation implementation) {
  test('sends messages of every size in order', () async {
    final (client, peer) = await _open(implementation);
    final messages = _messagesOfEverySize();
    for (final message in messages) {
      switch (message) {
        case final String text:
          client.connection.sendText(text);
        case final Uint8List bytes:
          client.connection.sendBytes(bytes);
      }
    }
    for (final message in messages) {
      _expectSame(await peer.receive(), message);
    }
  });

  test('takes bytes modulo 256, and copies them', () async {
    final (client, peer) = await _open(implementation);
    final bytes = [-1, 256, 1000];
    client.connection.sendBytes(bytes);
    bytes[0] = 0;
    expect(await peer.receive(), [255, 0, 232]);
  });

  test('has nothing buffered when it is drained', () async {
    final (client, peer) = await _open(implementation);
    client.connection.sendBytes(Uint8List(1 << 20));
    expect(await peer.receive(), hasLength(1 << 20));
    await client.connection.drained(0);
    expect(client.connection.bufferedAmount, 0);
    expect(client.connection.isWritable, isTrue);
  });

  test('refuses a message over maxBufferedAmount, and no other', () async {
    final (client, peer) = await _open(implementation, maxBufferedAmount: 1000);
    final isRefused = throwsA(isA<SendBufferFullException>());
    expect(() => client.connection.sendText('a' * 1001), isRefused);
    expect(() => client.connection.sendBytes(Uint8List(1001)), isRefused);
    client.connection.sendText('a' * 1000);
    expect(await peer.receive(), 'a' * 1000);
  });

  test('measures the round trip of a ping, where it can', () async {
    final (client, peer) = await _open(implementation);
    // It answers only while it reads.
    peer.receive().ignore();
    if (implementation.canPing) {
      expect(await client.connection.ping(), isA<Duration>());
    } else {
      expect(client.connection.ping, throwsUnsupportedError);
    }
  });
}

void _testDelivery(Implementation implementation) {
  test('delivers text as String and binary as Uint8List, in order', () async {
    final (client, peer) = await _open(implementation);
    final messages = _messagesOfEverySize();
    messages.forEach(peer.send);
    for (final message in messages) {
      final received = await client.next();
      expect(received, message is String ? isA<String>() : isA<Uint8List>());
      _expectSame(received, message);
    }
  });

  test('delivers nothing before it may', () async {
    final server = await implementation.start();
    final client = Recorder(server.connector);
    final peer = await server.accept();
    peer
      ..send('a')
      ..close(3000, '');
    expect(await client.next(), isA<Opened>());
    expect(await client.next(), isA<CloseInfo>());
    client.connection.isPaused = false;
    expect(client.events, hasLength(2), reason: 'not within the call');
    expect(await client.next(), 'a');
    expect(await client.next(), isA<Done>());
  });

  test('stops at the message at which the listener pauses', () async {
    final (client, peer) = await _open(implementation);
    client.handler = (message) {
      if (message == 'b') client.connection.isPaused = true;
    };
    for (final message in ['a', 'b', 'c', 'd']) {
      peer.send(message);
    }
    expect(await client.next(), 'a');
    expect(await client.next(), 'b');
    // What is waited for comes after the rest has arrived.
    peer.close(3000, '');
    expect(await client.next(), isA<CloseInfo>());
    client.connection.isPaused = false;
    expect(await client.next(), 'c');
    expect(await client.next(), 'd');
    expect(await client.next(), isA<Done>());
  });

  test('drops messages that wait and that follow when told to', () async {
    final (client, peer) = await _open(implementation);
    client.handler = (message) {
      if (message == 'a') client.connection.discardMessages();
    };
    for (final message in ['a', 'b', 'c']) {
      peer.send(message);
    }
    peer.close(3000, '');
    expect(await client.next(), 'a');
    expect(await client.next(), isA<CloseInfo>());
    expect(await client.next(), isA<Done>());
  });

  test('continues after a listener that throws', () async {
    final (client, peer) = await _open(implementation);
    client.handler = (message) => throw StateError('$message');
    peer
      ..send('a')
      ..send('b');
    expect(await client.next(), 'a');
    expect(await client.next(), 'b');
    expect(client.uncaught, hasLength(2));
  });
}

void _testClosing(Implementation implementation) {
  test('sends code and reason after what was sent before', () async {
    final (client, peer) = await _open(implementation);
    client.connection.sendText('last');
    final closed = client.connection.close(3000, 'bye');
    expect(client.events, hasLength(1), reason: 'not within the call');
    client.connection.sendText('too late');
    expect(await peer.receive(), 'last');
    expect(await peer.receive(), isNull);
    expect(peer.closed, (3000, 'bye'));
    await closed;
    expect(
      await client.next(),
      _isInfo(3000, 'bye', CloseInitiator.local, isClean: true),
    );
    expect(await client.next(), isA<Done>());
  });

  test('sends a Close frame without a code', () async {
    final (client, peer) = await _open(implementation);
    await client.connection.close(null, '');
    expect(await peer.receive(), isNull);
    expect(peer.closed.$1, 1005);
  });

  test('closes once', () async {
    final (client, peer) = await _open(implementation);
    await Future.wait([
      client.connection.close(3001, 'first'),
      client.connection.close(3002, 'second'),
    ]);
    expect(await peer.receive(), isNull);
    expect(peer.closed, (3001, 'first'));
    await client.connection.close(3003, 'third');
  });

  test('reports a close by the peer after its messages', () async {
    final (client, peer) = await _open(implementation);
    peer
      ..send('last')
      ..close(3001, 'you asked');
    final events = [for (var i = 0; i < 3; i++) await client.next()];
    expect(events, contains('last'));
    expect(
      events,
      contains(
        _isInfo(3001, 'you asked', CloseInitiator.remote, isClean: true),
      ),
    );
    expect(events.last, isA<Done>());
  });

  test('reports a lost connection as 1006', () async {
    final (client, peer) = await _open(implementation);
    peer.drop();
    expect(
      await client.next(),
      _isInfo(1006, '', CloseInitiator.none, isClean: false),
    );
    expect(await client.next(), isA<Done>());
  });
}

void _testEnd(Implementation implementation) {
  for (final isLost in [true, false]) {
    final end = isLost ? 'a loss' : 'a close by the peer';
    test('after $end sends nothing, and ends every future', () async {
      final (client, peer) = await _open(implementation);
      final connection = client.connection;
      isLost ? peer.drop() : peer.close(3000, '');
      expect(await client.next(), isA<CloseInfo>());
      connection
        ..sendText('late')
        ..sendBytes([1]);
      expect(connection.bufferedAmount, 0);
      expect(connection.isWritable, isFalse);
      await connection.drained(0);
      await connection.close(1000, '');
      if (implementation.canPing) {
        await expectLater(
          connection.ping(),
          throwsA(isA<WebSocketConnectionClosed>()),
        );
      }
      expect(await client.next(), isA<Done>());
    });
  }
}

/// Compares without a matcher, whose description of a megabyte takes minutes.
void _expectSame(Object? actual, Object expected) {
  switch ((actual, expected)) {
    case (final String text, final String other):
      expect(text.length, other.length);
      expect(text == other, isTrue, reason: 'the text was changed');
    case (final List<int> bytes, final List<int> other):
      expect(bytes.length, other.length);
      for (var i = 0; i < other.length; i++) {
        if (bytes[i] != other[i]) fail('byte $i was changed');
      }
    default:
      fail('received a ${actual.runtimeType}, not a ${expected.runtimeType}');
  }
}
