// RustIoWebSocket beside dart:io's WebSocket: the same test runs with both, and
// expects the same. What differs on purpose follows.
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/io.dart';
import 'package:rust_web_socket/rust_web_socket.dart'
    show
        CloseInitiator,
        ConnectException,
        ConnectTimeoutException,
        DeflateOptions,
        InvalidRequestException,
        TlsOptions,
        UpgradeRefusedException,
        WebSocketOptions;
import 'package:test/test.dart';

import 'support/servers.dart';

/// `connect` of one of the two classes.
typedef Connect =
    Future<WebSocket> Function(
      String url, {
      Iterable<String>? protocols,
      Map<String, dynamic>? headers,
      CompressionOptions compression,
    });

const List<(String, Connect)> _both = [
  ('dart:io', WebSocket.connect),
  ('rust_web_socket', RustIoWebSocket.connect),
];

const _ping = 9;
const _pong = 10;
const _close = 8;

final _isWebSocketException = isA<WebSocketException>();

/// Runs a test with both classes.
void _same(String behaviour, Future<void> Function(Connect connect) body) {
  group(behaviour, () {
    for (final (name, connect) in _both) {
      test(name, () => body(connect));
    }
  });
}

/// A client, and the server's end of its connection.
Future<({T client, WebSocket server})> _pair<T extends WebSocket>(
  Future<T> Function(String url) connect,
) async {
  final accepted = Completer<WebSocket>();
  final url = await serve(accepted.complete);
  final client = await connect('$url');
  final server = await accepted.future;
  addTearDown(() {
    _giveUp(client);
    _giveUp(server);
  });
  return (client: client, server: server);
}

/// A client, and a peer whose frames are written by hand.
Future<({T client, RawPeer peer})> _framed<T extends WebSocket>(
  Future<T> Function(String url) connect, {
  String extraHeaders = '',
}) async {
  final accepted = Completer<RawPeer>();
  final url = await serveFrames(accepted.complete, extraHeaders: extraHeaders);
  final client = await connect('$url');
  addTearDown(() => _giveUp(client));
  return (client: client, peer: await accepted.future);
}

/// Closes what a test may have left open, without waiting.
void _giveUp(WebSocket socket) {
  socket.done.ignore();
  try {
    socket.close().ignore();
  } on StateError {
    // It is within addStream.
  }
}

/// The event of a stream that ends a wait, instead of a time.
Future<void> _seen<T>(Stream<T> stream) => stream.first.then((_) {});

void main() {
  group('as dart:io:', () {
    _messages();
    _stream();
    _closing();
    _sink();
    _pings();
    _connecting();
  });
  group('unlike dart:io:', _differences);
}

/// What takes a dart:io `WebSocket`, as other packages do.
Future<List<Object?>> _askThrice(WebSocket socket) async {
  final answers = socket.take(3).toList();
  for (var i = 0; i < 3; i++) {
    socket.add('$i');
  }
  return answers;
}

void _messages() {
  _same('text is a String and binary is a Uint8List', (connect) async {
    final client = await connect('${await serveEcho()}');
    client
      ..add('Grüße 🎉')
      ..add(Uint8List.fromList([1, 2]))
      ..add([3, 255])
      ..add('')
      ..add(Uint8List(0));
    final messages = await client.take(5).toList();
    expect(messages, [
      'Grüße 🎉',
      [1, 2],
      [3, 255],
      '',
      isEmpty,
    ]);
    expect(messages[1], isA<Uint8List>());
    await client.close();
  });

  _same('typed data is sent by its values', (connect) async {
    final client = await connect('${await serveEcho()}');
    client
      ..add(Uint16List.fromList([1, 255]))
      ..add(Int32List.fromList([2]))
      ..add(Uint8ClampedList.fromList([3]));
    expect(await client.take(3).toList(), [
      [1, 255],
      [2],
      [3],
    ]);
    await client.close();
  });

  _same('null is an empty text', (connect) async {
    final (:client, :server) = await _pair(connect);
    client.add(null);
    expect(await server.first, '');
  });

  _same('addUtf8Text sends text', (connect) async {
    final (:client, :server) = await _pair(connect);
    client.addUtf8Text(utf8.encode('Grüße'));
    expect(await server.first, 'Grüße');
  });

  _same('a function that is typed on WebSocket takes it', (connect) async {
    final client = await connect('${await serveEcho()}');
    expect(await _askThrice(client), ['0', '1', '2']);
    await client.close();
  });
}

void _stream() {
  _same('it can be listened to once', (connect) async {
    final (:client, server: _) = await _pair(connect);
    expect(client.isBroadcast, isFalse);
    final subscription = client.listen(null);
    expect(() => client.listen(null), throwsStateError);
    await subscription.cancel();
    expect(() => client.listen(null), throwsStateError);
  });

  _same('messages wait for a listener that comes late', (connect) async {
    final (:client, :server) = await _pair(connect);
    server
      ..add('early')
      ..add([1]);
    // The answer comes after them.
    client.add('question');
    await server.first;
    expect(await client.take(2).toList(), [
      'early',
      [1],
    ]);
  });

  _same('a paused listener gets nothing until it resumes', (connect) async {
    final (:client, :server) = await _pair(connect);
    final messages = <Object?>[];
    final third = Completer<void>();
    late final StreamSubscription<dynamic> subscription;
    subscription = client.listen((message) {
      expect(subscription.isPaused, isFalse);
      messages.add(message);
      if (messages.length == 3) return third.complete();
      subscription.pause(Future.delayed(Duration.zero));
    });
    for (var i = 0; i < 3; i++) {
      server.add('$i');
    }
    await third.future;
    expect(messages, ['0', '1', '2']);
  });

  _same('messages come while it is open, and its end comes after them', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    server
      ..add('first')
      ..add('last');
    unawaited(server.close(3001, 'bye'));
    expect(client.closeCode, isNull);
    expect(client.closeReason, isNull);
    final states = <Object?>[];
    final done = Completer<void>();
    client.listen((message) {
      states.add((message, client.readyState, client.closeCode));
    }, onDone: done.complete);
    await done.future;
    expect(states, [
      ('first', WebSocket.open, null),
      ('last', WebSocket.open, null),
    ]);
    expect(client.readyState, WebSocket.closed);
    expect(client.closeCode, 3001);
    expect(client.closeReason, 'bye');
  });

  _same('a cancel leaves the connection open', (connect) async {
    final (:client, :server) = await _pair(connect);
    await client.listen(null).cancel();
    client.add('still here');
    expect(await server.first, 'still here');
    expect(client.readyState, WebSocket.open);
  });

  _same('the error of a listener is one of its zone', (connect) async {
    final (:client, :server) = await _pair(connect);
    final errors = <Object>[];
    final messages = <Object?>[];
    final done = Completer<void>();
    runZonedGuarded(() {
      client.listen((message) {
        messages.add(message);
        throw StateError('$message');
      }, onDone: done.complete);
    }, (error, _) => errors.add(error));
    server
      ..add('one')
      ..add('two');
    unawaited(server.close());
    await done.future;
    expect(messages, ['one', 'two']);
    expect(errors, hasLength(2));
  });
}

void _closing() {
  _same('close sends code and reason, which the answer shows', (connect) async {
    final (:client, :server) = await _pair(connect);
    final theirs = server.drain<void>();
    unawaited(client.close(4001, 'bye'));
    await client.done;
    await theirs;
    expect(server.closeCode, 4001);
    expect(server.closeReason, 'bye');
  });

  _same('closeCode and closeReason are the answer to close', (connect) async {
    final (:client, :peer) = await _framed(connect);
    final ended = client.drain<void>();
    unawaited(client.close(4001, 'bye'));
    final frame = await peer.nextFrame();
    expect(frame?.opcode, _close);
    expect(frame?.payload, [0x0f, 0xa1, ...utf8.encode('bye')]);
    peer.sendFrame(_close, [0x0f, 0xa2, ...utf8.encode('other')]);
    await ended;
    expect(client.readyState, WebSocket.closed);
    expect(client.closeCode, 4002);
    expect(client.closeReason, 'other');
  });

  _same('a Close frame without a code is 1005', (connect) async {
    final (:client, :server) = await _pair(connect);
    unawaited(server.close());
    await client.drain<void>();
    expect(client.closeCode, WebSocketStatus.noStatusReceived);
    expect(client.closeReason, '');
  });

  _same('a reason without a code is not sent', (connect) async {
    final (:client, :peer) = await _framed(connect);
    unawaited(client.close(null, 'dropped'));
    final frame = await peer.nextFrame();
    expect(frame?.opcode, _close);
    expect(frame?.payload, isEmpty);
  });

  _same('what was added goes before the Close frame', (connect) async {
    final (:client, :server) = await _pair(connect);
    client
      ..add('one')
      ..add([2])
      ..close().ignore();
    expect(await server.toList(), [
      'one',
      [2],
    ]);
  });

  _same('messages are delivered until the answer to close', (connect) async {
    final (:client, :peer) = await _framed(connect);
    final messages = client.toList();
    unawaited(client.close(1000));
    expect((await peer.nextFrame())?.opcode, _close);
    peer
      ..sendFrame(1, utf8.encode('last'))
      ..sendFrame(_close, [0x03, 0xe8]);
    expect(await messages, ['last']);
    expect(client.closeCode, 1000);
  });

  _same('close without a listener reads on, and nothing listens after it', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    final theirs = server.drain<void>();
    unawaited(client.close(1000));
    expect(() => client.drain<void>(), throwsStateError);
    await theirs;
    expect(server.closeCode, 1000);
  });

  _same('close and done complete with the socket', (connect) async {
    final (:client, server: _) = await _pair(connect);
    expect(await client.close(), same(client));
    expect(await client.done, same(client));
    expect(await client.close(3000), same(client));
  });

  _same('only the first close is sent', (connect) async {
    final (:client, :server) = await _pair(connect);
    client
      ..close(3001, 'first').ignore()
      ..close(3002, 'second').ignore();
    await server.drain<void>();
    expect(server.closeCode, 3001);
    expect(server.closeReason, 'first');
  });

  _same('close refuses a reserved code at the call, and it stays open', (
    connect,
  ) async {
    final client = await connect('${await serveEcho()}');
    for (final code in [
      ...[-1, 0, 999, 1004, 1005, 1006],
      ...[1012, 1013, 1014, 1015, 1016, 2999],
    ]) {
      expect(() => client.close(code), throwsA(_isWebSocketException));
    }
    expect(client.readyState, WebSocket.open);
    client.add('fine');
    expect(await client.first, 'fine');
    await client.close();
  });

  _same('close sends each code that an endpoint may send', (connect) async {
    for (final code in [
      ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011],
      ...[3000, 4999],
    ]) {
      final (:client, :peer) = await _framed(connect);
      unawaited(client.close(code));
      final frame = await peer.nextFrame();
      expect(frame?.payload, [code >> 8, code & 0xff]);
    }
  });

  _same('close after the end does nothing', (connect) async {
    final (:client, :server) = await _pair(connect);
    unawaited(server.close(3001));
    await client.drain<void>();
    expect(await client.close(3002), same(client));
    expect(client.closeCode, 3001);
  });

  _same('a close by the peer is answered with its code', (connect) async {
    final (:client, :peer) = await _framed(connect);
    peer.sendFrame(_close, [0x0b, 0xb9]);
    await client.drain<void>();
    final frame = await peer.nextFrame();
    expect(frame?.opcode, _close);
    expect(frame?.payload, [0x0b, 0xb9]);
  });

  for (final (name, opcode, payload, code) in [
    ('a reserved opcode is 1002', 3, const <int>[], 1002),
    ('text that is not UTF-8 is 1007', 1, const [0xff], 1007),
  ]) {
    _same('$name, without a reason or an error', (connect) async {
      final (:client, :peer) = await _framed(connect);
      peer.sendFrame(opcode, payload);
      expect(await client.toList(), isEmpty);
      expect(client.closeCode, code);
      expect(client.closeReason, isNull);
    });
  }

  _same('a connection that is lost ends without an error', (connect) async {
    final (:client, :peer) = await _framed(connect);
    peer
      ..sendFrame(1, utf8.encode('last'))
      ..socket.close().ignore();
    expect(await client.toList(), ['last']);
    expect(client.readyState, WebSocket.closed);
    expect(client.closeReason, '');
  });
}

void _sink() {
  _same('add after close is a StateError', (connect) async {
    final (:client, server: _) = await _pair(connect);
    unawaited(client.close());
    expect(() => client.add('late'), throwsStateError);
    expect(() => client.addUtf8Text([0x78]), throwsStateError);
    expect(() => client.addError('late'), throwsStateError);
  });

  _same('add after the peer has closed is dropped', (connect) async {
    final (:client, :server) = await _pair(connect);
    unawaited(server.close(1000));
    await client.drain<void>();
    client
      ..add('late')
      ..addUtf8Text([0x78]);
    expect(await client.close(), same(client));
  });

  _same('addStream after the peer has closed cancels the stream', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    unawaited(server.close(1000));
    await client.drain<void>();
    final cancelled = Completer<void>();
    final source = StreamController<String>(onCancel: cancelled.complete);
    expect(await client.addStream(source.stream), same(client));
    await cancelled.future;
  });

  for (final (name, message) in [
    ('a number', 42),
    ('an object', Object()),
    ('a list of other things', const ['1']),
    ('a list with a value over 255', const [1, 256]),
    ('a list with a value below 0', const [-1]),
    ('typed data with a value below 0', Int8List.fromList([-1])),
  ]) {
    _same('add of $name is an ArgumentError of done, and ends it', (
      connect,
    ) async {
      final (:client, :server) = await _pair(connect);
      final theirs = server.toList();
      final ours = client.toList();
      final done = expectLater(client.done, throwsArgumentError);
      client
        ..add('before')
        ..add(message)
        ..add('after');
      await done;
      expect(await theirs, ['before']);
      expect(await ours, isEmpty);
      expect(client.readyState, WebSocket.closed);
      await expectLater(client.close(), throwsArgumentError);
    });
  }

  _same('addUtf8Text keeps a byte order mark', (connect) async {
    final (:client, :peer) = await _framed(connect);
    const bytes = [0xef, 0xbb, 0xbf, 0x78];
    client.addUtf8Text(bytes);
    expect((await peer.nextFrame())?.payload, bytes);
  });

  _same('addUtf8Text of a value that is no byte is one too', (connect) async {
    final (:client, server: _) = await _pair(connect);
    final done = expectLater(client.done, throwsArgumentError);
    client.addUtf8Text([256]);
    await done;
  });

  _same('the error of add is unhandled when nobody has done', (connect) async {
    final errors = <Object>[];
    final handled = Completer<void>();
    await runZonedGuarded(
      () async {
        final client = await connect('${await serveEcho()}');
        client.add(42);
        await handled.future;
      },
      (error, _) {
        errors.add(error);
        handled.complete();
      },
    );
    expect(errors.single, isArgumentError);
  });

  _same('addError is an error of done, and messages still come', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    final done = expectLater(client.done, throwsA('broken'));
    client
      ..add('before')
      ..addError('broken')
      ..add('after');
    await done;
    final received = server.listen(null);
    addTearDown(received.cancel);
    server.add('still here');
    // dart:io leaks the socket if its listener cancels after an error.
    expect(await client.asBroadcastStream().first, 'still here');
    expect(client.readyState, WebSocket.open);
  });

  _same('addStream sends a stream, and the sink is free after it', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    client.add('first');
    expect(
      await client.addStream(
        Stream<Object>.fromIterable([
          'second',
          [3],
        ]),
      ),
      same(client),
    );
    client.add('last');
    unawaited(client.close());
    expect(await server.toList(), [
      'first',
      'second',
      [3],
      'last',
    ]);
  });

  _same('the sink is for one thing at a time during addStream', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    final source = StreamController<String>();
    final added = client.addStream(source.stream);
    expect(() => client.add('x'), throwsStateError);
    expect(() => client.addUtf8Text([0x78]), throwsStateError);
    expect(() => client.addError('x'), throwsStateError);
    expect(() => client.addStream(const Stream.empty()), throwsStateError);
    expect(() => client.close(), throwsStateError);
    source.add('from the stream');
    unawaited(source.close());
    await added;
    expect(await server.first, 'from the stream');
  });

  _same('an error of a stream that is added is one of addStream alone', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    final source = StreamController<String>();
    final added = client.addStream(source.stream);
    source
      ..add('first')
      ..addError('broken')
      ..add('dropped');
    await expectLater(added, throwsA('broken'));
    expect(source.hasListener, isFalse);
    client.add('still here');
    unawaited(client.close());
    expect(await server.toList(), ['first', 'still here']);
  });

  _same('another type in a stream that is added is its ArgumentError', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    final theirs = server.toList();
    await expectLater(
      client.addStream(Stream<Object>.fromIterable(['first', 42, 'dropped'])),
      throwsArgumentError,
    );
    expect(await theirs, ['first']);
  });

  _same('a stream that is added is cancelled when the peer closes', (
    connect,
  ) async {
    final (:client, :server) = await _pair(connect);
    final cancelled = Completer<void>();
    final source = StreamController<String>(onCancel: cancelled.complete);
    final added = client.addStream(source.stream);
    client.listen(null);
    unawaited(server.close());
    await cancelled.future;
    expect(await added, same(client));
  });

  _same('a stream that is piped closes it at its end', (connect) async {
    final (:client, :server) = await _pair(connect);
    final theirs = server.toList();
    expect(await Stream<dynamic>.value('piped').pipe(client), same(client));
    expect(await theirs, ['piped']);
  });

  _same('it is piped into another one', (connect) async {
    final (:client, :server) = await _pair(connect);
    final (client: other, server: otherServer) = await _pair(connect);
    unawaited(client.pipe(other));
    server
      ..add('through')
      ..close().ignore();
    expect(await otherServer.toList(), ['through']);
  });
}

void _pings() {
  const interval = Duration(milliseconds: 20);

  _same('pingInterval is null, and may be set at any time', (connect) async {
    final (:client, :peer) = await _framed(connect);
    client.listen(null);
    expect(client.pingInterval, isNull);
    for (var round = 0; round < 2; round++) {
      client.pingInterval = interval;
      expect(client.pingInterval, interval);
      expect((await peer.nextFrame())?.opcode, _ping);
      client.pingInterval = null;
      expect(client.pingInterval, isNull);
    }
    client.add('no more pings');
    expect((await peer.nextFrame())?.opcode, 1);
  });

  test('ping() waits as long as the pingInterval that is set', () async {
    final (:client, peer: _) = await _framed(RustIoWebSocket.connect);
    client.pingInterval = interval;
    final pong = client.ping();
    client.pingInterval = null;
    await expectLater(pong, throwsA(isA<TimeoutException>()));
  });

  test('a pingInterval of the longest duration sends no pings', () async {
    final (:client, :peer) = await _framed(RustIoWebSocket.connect);
    client
      ..pingInterval = const Duration(microseconds: 0x7fffffffffffffff)
      ..add('no pings');
    expect((await peer.nextFrame())?.opcode, 1);
    unawaited(client.close());
    expect((await peer.nextFrame())?.opcode, _close);
  });

  _same('pings follow pongs', (connect) async {
    final (:client, :peer) = await _framed(connect);
    client
      ..listen(null)
      ..pingInterval = const Duration(milliseconds: 100);
    for (var i = 0; i < 3; i++) {
      final ping = await peer.nextFrame();
      expect(ping?.opcode, _ping);
      peer.sendFrame(_pong, ping!.payload);
    }
  });

  for (final (name, interval) in [
    ('a missing pong', interval),
    ('a pingInterval of zero', Duration.zero),
    ('a negative pingInterval', const Duration(seconds: -1)),
  ]) {
    _same('$name ends it with 1001 and without a reason', (connect) async {
      final (:client, peer: _) = await _framed(connect);
      client.pingInterval = interval;
      expect(client.pingInterval, interval);
      expect(await client.toList(), isEmpty);
      expect(client.closeCode, WebSocketStatus.goingAway);
      expect(client.closeReason, isNull);
    });
  }

  _same('pingInterval does not change after the end', (connect) async {
    final (:client, :server) = await _pair(connect);
    client.pingInterval = const Duration(seconds: 30);
    unawaited(server.close());
    await client.drain<void>();
    client.pingInterval = interval;
    expect(client.pingInterval, const Duration(seconds: 30));
  });

  _same('pings of the peer are answered', (connect) async {
    final (:client, :peer) = await _framed(connect);
    client.listen(null);
    peer.sendFrame(_ping, [1, 2]);
    final pong = await peer.nextFrame();
    expect(pong?.opcode, _pong);
    expect(pong?.payload, [1, 2]);
  });
}

void _connecting() {
  _same('the socket that connect completes with is open', (connect) async {
    final client = await connect('${await serveEcho()}');
    expect(client.readyState, WebSocket.open);
    await client.close();
  });

  _same('protocol is null without one, and else the choice', (connect) async {
    final url = await serve(
      (socket) => socket.close(),
      selectProtocol: (offered) => offered.last,
    );
    Future<String?> choice([List<String>? protocols]) async {
      final client = await connect('$url', protocols: protocols);
      addTearDown(() => _giveUp(client));
      return client.protocol;
    }

    expect(await choice(), isNull);
    expect(await choice([]), isNull);
    expect(await choice(['one', 'two']), 'two');
  });

  _same('a subprotocol that was not offered is taken', (connect) async {
    final (:client, peer: _) = await _framed(
      (url) => connect(url, protocols: ['one']),
      extraHeaders: 'Sec-WebSocket-Protocol: other\r\n',
    );
    expect(client.protocol, 'other');
  });

  /// The header that a server gets for a request.
  Future<HttpHeaders> headersOf(
    Connect connect, {
    Map<String, dynamic>? headers,
    String userInfo = '',
    CompressionOptions compression = CompressionOptions.compressionDefault,
  }) async {
    final received = Completer<HttpHeaders>();
    final url = await serveHttp((request) {
      received.complete(request.headers);
      request.response
        ..statusCode = HttpStatus.forbidden
        ..close();
    });
    await expectLater(
      connect(
        '${url.replace(userInfo: userInfo)}',
        headers: headers,
        compression: compression,
      ),
      throwsA(_isWebSocketException),
    );
    return received.future;
  }

  _same('headers are sent, a list as one field', (connect) async {
    final headers = await headersOf(
      connect,
      headers: {
        'X-One': 'a',
        'X-List': ['a', 'b'],
        'X-Number': 7,
        'X-Date': DateTime.utc(2000),
        'X-None': <String>[],
      },
    );
    expect(headers['x-one'], ['a']);
    expect(headers['x-list'], ['a, b']);
    expect(headers['x-number'], ['7']);
    expect(headers['x-date'], ['Sat, 01 Jan 2000 00:00:00 GMT']);
    expect(headers['x-none'], isNull);
  });

  _same('fields of the handshake are not replaced by headers', (connect) async {
    final headers = await headersOf(
      connect,
      headers: {'upgrade': 'other', 'sec-websocket-version': '7'},
    );
    expect(headers['upgrade'], ['websocket']);
    expect(headers['sec-websocket-version'], ['13']);
  });

  _same('userinfo is Basic authorization', (connect) async {
    final headers = await headersOf(connect, userInfo: 'user:password');
    expect(headers['authorization'], ['Basic dXNlcjpwYXNzd29yZA==']);
  });

  for (final (name, compression) in const [
    ('by default', CompressionOptions.compressionDefault),
    (
      'without context takeover',
      CompressionOptions(
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
      ),
    ),
    (
      'with window sizes',
      CompressionOptions(serverMaxWindowBits: 10, clientMaxWindowBits: 11),
    ),
  ]) {
    _same('compression is offered $name', (connect) async {
      final headers = await headersOf(connect, compression: compression);
      final [name, ...parameters] = headers
          .value('sec-websocket-extensions')!
          .split(RegExp('; *'));
      expect(name, 'permessage-deflate');
      expect(parameters.toSet(), {
        if (compression.serverNoContextTakeover) 'server_no_context_takeover',
        if (compression.clientNoContextTakeover) 'client_no_context_takeover',
        if (compression.serverMaxWindowBits case final bits?)
          'server_max_window_bits=$bits',
        if (compression.clientMaxWindowBits case final bits?)
          'client_max_window_bits=$bits'
        else
          'client_max_window_bits',
      });
    });
  }

  _same('compression that is off is not offered', (connect) async {
    final headers = await headersOf(
      connect,
      compression: CompressionOptions.compressionOff,
    );
    expect(headers['sec-websocket-extensions'], isNull);
  });

  _same('a large text comes back compressed', (connect) async {
    final url = await serveEcho(
      compression: CompressionOptions.compressionDefault,
    );
    final client = await connect('$url');
    final text = 'all the same, ' * 1000;
    client.add(text);
    expect(await client.first == text, isTrue);
    await client.close();
  });

  _same('what is no URL is a FormatException at the call', (connect) async {
    expect(() => connect('ws://[broken'), throwsFormatException);
  });

  for (final url in ['http://localhost', 'localhost:80', '']) {
    _same('another scheme is a WebSocketException at the call: "$url"', (
      connect,
    ) async {
      expect(() => connect(url), throwsA(_isWebSocketException));
    });
  }

  Future<void> fails(Connect connect, Uri url, Matcher error) =>
      expectLater(connect('$url'), throwsA(error));

  _same('no server is a SocketException', (connect) async {
    final unused = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final url = Uri.parse('ws://127.0.0.1:${unused.port}');
    await unused.close();
    await fails(connect, url, isA<SocketException>());
  });

  _same('no host of that name is a SocketException', (connect) async {
    await fails(
      connect,
      Uri.parse('ws://nothing.invalid'),
      isA<SocketException>(),
    );
  });

  _same('no TLS is a HandshakeException', (connect) async {
    final url = await serveTcp((socket) {
      socket
        ..add(ascii.encode('HTTP/1.1 400 Bad Request\r\n\r\n'))
        ..close();
    });
    await fails(connect, url.replace(scheme: 'wss'), isA<HandshakeException>());
  });

  _same('another status is a WebSocketException', (connect) async {
    for (final status in [200, 401, 404, 500]) {
      final url = await serveHttp((request) {
        request.response
          ..statusCode = status
          ..close();
      });
      await fails(connect, url, _isWebSocketException);
    }
  });

  /// A server that answers the upgrade with what [change] makes of the answer.
  Future<Uri> answering(String Function(String answer) change) =>
      serveTcp((socket) {
        final request = StringBuffer();
        socket.listen((bytes) {
          request.write(latin1.decode(bytes));
          if (!'$request'.contains('\r\n\r\n')) return;
          socket.add(latin1.encode(change(upgradeResponse('$request'))));
        }, onError: (_) {});
      });

  for (final (name, pattern, replacement) in [
    (
      'a wrong Sec-WebSocket-Accept',
      RegExp('Accept: .*'),
      'Accept: ${base64.encode(List.filled(20, 0))}',
    ),
    ('no Sec-WebSocket-Accept', RegExp('Sec-WebSocket-Accept: .*\r\n'), ''),
    ('another Upgrade', RegExp('Upgrade: websocket'), 'Upgrade: h2c'),
    ('no Connection', RegExp('Connection: Upgrade\r\n'), ''),
  ]) {
    _same('$name is a WebSocketException', (connect) async {
      final url = await answering(
        (answer) => answer.replaceFirst(pattern, replacement),
      );
      await fails(connect, url, _isWebSocketException);
    });
  }

  _same('what is no HTTP is an HttpException', (connect) async {
    final url = await serveTcp((socket) {
      socket
        ..add(ascii.encode('SSH-2.0-OpenSSH_9.2\r\n\r\n'))
        ..close();
    });
    await fails(connect, url, isA<HttpException>());
  });

  _same('no answer at all is an HttpException', (connect) async {
    final url = await serveTcp((socket) {
      // A reset instead of an end, if the request were not read.
      socket.listen((_) => socket.close());
    });
    await fails(connect, url, isA<HttpException>());
  });
}

/// Only with this package's class: docs/contract.md names each case.
void _differences() {
  test('a customClient is refused, and told what to use', () {
    expect(
      () =>
          RustIoWebSocket.connect('ws://localhost', customClient: HttpClient()),
      throwsA(
        isA<ArgumentError>()
            .having((error) => error.name, 'name', 'customClient')
            .having(
              (error) => '${error.message}',
              'message',
              allOf(
                contains('options.tls'),
                contains('options.proxy'),
                contains('connectTimeout'),
              ),
            ),
      ),
    );
  });

  test('a URL without a host is a WebSocketException at the call', () {
    expect(
      () => RustIoWebSocket.connect('ws:///path'),
      throwsA(allOf(isA<InvalidRequestException>(), isA<WebSocketException>())),
    );
  });

  test('an invalid header is an ArgumentError at the call', () {
    for (final headers in [
      {'x': 'a\r\nb'},
      {'x y': 'a'},
      {'x': null},
      {
        'x': ['a', null],
      },
    ]) {
      expect(
        () => RustIoWebSocket.connect('ws://localhost', headers: headers),
        throwsArgumentError,
      );
    }
  });

  test('a refused upgrade has status, header and body', () async {
    final url = await serveHttp((request) {
      request.response
        ..statusCode = HttpStatus.forbidden
        ..write('no token')
        ..close();
    });
    try {
      await RustIoWebSocket.connect('$url');
      fail('it is open');
    } on WebSocketException catch (error) {
      error as UpgradeRefusedException;
      expect(error.statusCode, 403);
      expect(utf8.decode(error.body), 'no token');
    }
  });

  test('a connect ends at its time limit', () async {
    final url = await serveTcp((_) {});
    await expectLater(
      RustIoWebSocket.connect(
        '$url',
        connectTimeout: const Duration(milliseconds: 50),
      ),
      throwsA(isA<ConnectTimeoutException>()),
    );
  });

  test('options may forbid compression, or choose its window', () async {
    Future<String?> offer(DeflateOptions options) async {
      final received = Completer<String?>();
      final url = await serveHttp((request) {
        received.complete(request.headers.value('sec-websocket-extensions'));
        request.response
          ..statusCode = HttpStatus.forbidden
          ..close();
      });
      await expectLater(
        RustIoWebSocket.connect(
          '$url',
          options: WebSocketOptions(compression: options),
        ),
        throwsA(isA<ConnectException>()),
      );
      return received.future;
    }

    expect(await offer(const DeflateOptions.off()), isNull);
    expect(
      await offer(const DeflateOptions(serverMaxWindowBits: 9)),
      contains('server_max_window_bits=9'),
    );
  });

  test('its options are those of the other faces', () async {
    final (:client, :peer) = await _framed(
      (url) => RustIoWebSocket.connect(
        url,
        pingInterval: const Duration(milliseconds: 20),
        options: const WebSocketOptions(
          tls: TlsOptions(),
          pongTimeout: Duration(minutes: 1),
        ),
      ),
    );
    expect(client.pingInterval, const Duration(milliseconds: 20));
    expect((await peer.nextFrame())?.opcode, _ping);
    client
      ..pingInterval = null
      ..add('Hello');
    await client.flush();
    expect(client.bufferedAmount, 0);
    expect(client.stats?.sent.messages, 1);
  });

  test('extensions are what the server accepted', () async {
    final url = await serveEcho(
      compression: CompressionOptions.compressionDefault,
    );
    final client = await RustIoWebSocket.connect('$url');
    expect(client.extensions, startsWith('permessage-deflate'));
    await client.close();
    final plain = await RustIoWebSocket.connect('${await serveEcho()}');
    expect(plain.extensions, '');
    await plain.close();
  });

  test('an invalid parameter of permessage-deflate is a bad reply', () async {
    final url = await serveFrames(
      (_) {},
      extraHeaders:
          'Sec-WebSocket-Extensions: permessage-deflate; '
          'client_max_window_bits=12x\r\n',
    );
    await expectLater(
      RustIoWebSocket.connect('$url'),
      throwsA(isA<WebSocketException>()),
    );
  });

  test('it is closing after close, until the answer', () async {
    final (:client, :peer) = await _framed(RustIoWebSocket.connect);
    final ended = client.drain<void>();
    await client.close(1000);
    expect(client.readyState, RustIoWebSocket.closing);
    expect(client.closeCode, isNull);
    peer.sendFrame(_close, [0x03, 0xe8]);
    await ended;
    expect(client.readyState, RustIoWebSocket.closed);
  });

  test('the end shows also when nobody listens', () async {
    final (:client, :server) = await _pair(RustIoWebSocket.connect);
    unawaited(server.close(3001, 'bye'));
    expect(await client.done, same(client));
    expect(client.readyState, RustIoWebSocket.closed);
    expect(client.closeCode, 3001);
    expect(await client.toList(), isEmpty);
  });

  test('a connection that is lost is 1006', () async {
    final (:client, :peer) = await _framed(RustIoWebSocket.connect);
    peer.socket.destroy();
    await client.drain<void>();
    expect(client.closeCode, WebSocketStatus.abnormalClosure);
    expect(client.closeInfo?.initiator, CloseInitiator.none);
  });

  test('a close that is not answered is 1006, without a reason', () async {
    final (:client, peer: _) = await _framed(
      (url) => RustIoWebSocket.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 50),
        ),
      ),
    );
    final ended = client.drain<void>();
    await client.close(3001, 'bye');
    await ended;
    expect(client.closeCode, WebSocketStatus.abnormalClosure);
    expect(client.closeReason, isNull);
  });

  test('close refuses a code over 4999 and a reason over 123 bytes', () async {
    final client = await RustIoWebSocket.connect('${await serveEcho()}');
    expect(() => client.close(5000), throwsA(_isWebSocketException));
    expect(() => client.close(1000, 'é' * 62), throwsArgumentError);
    expect(client.readyState, RustIoWebSocket.open);
    await client.close(1000, 'é' * 61);
  });

  test('addUtf8Text refuses what is not UTF-8 at the call', () async {
    final client = await RustIoWebSocket.connect('${await serveEcho()}');
    expect(() => client.addUtf8Text([0xff]), throwsFormatException);
    client.add('fine');
    expect(await client.first, 'fine');
    await client.close();
  });

  test(
    'it can be closed after addStream of a stream with a listener',
    () async {
      final (:client, :server) = await _pair(RustIoWebSocket.connect);
      final source = StreamController<Object>();
      source.stream.listen(null);
      expect(() => client.addStream(source.stream), throwsStateError);
      unawaited(client.close(3001));
      await server.drain<void>();
      expect(server.closeCode, 3001);
    },
  );

  test('close after addError sends the Close frame', () async {
    final (:client, :server) = await _pair(RustIoWebSocket.connect);
    client.addError('broken');
    await expectLater(client.close(3001), throwsA('broken'));
    await server.drain<void>();
    expect(server.closeCode, 3001);
  });

  test('addStream after close is a StateError', () async {
    final (:client, server: _) = await _pair(RustIoWebSocket.connect);
    unawaited(client.close());
    expect(() => client.addStream(Stream.value('late')), throwsStateError);
  });

  test('addStream after an error of add has that error', () async {
    final (:client, server: _) = await _pair(RustIoWebSocket.connect);
    client.add(42);
    await expectLater(
      client.addStream(Stream.value('late')),
      throwsArgumentError,
    );
    await expectLater(client.close(), throwsArgumentError);
  });

  test('a paused listener is not a missing pong', () async {
    final (:client, :peer) = await _framed(RustIoWebSocket.connect);
    final subscription = client.listen(null)..pause();
    // More than may wait, so that nothing is read after it.
    peer.send([0x82, 127, 0, 0, 0, 0, 0, 0x30, 0, 0, ...Uint8List(3 << 20)]);
    while (client.stats?.received.messages != 1) {
      await Future<void>.delayed(Duration.zero);
    }
    client.pingInterval = const Duration(milliseconds: 20);
    expect((await peer.nextFrame())?.opcode, _ping);
    await Future<void>.delayed(const Duration(milliseconds: 100));
    client.add('still here');
    expect((await peer.nextFrame())?.opcode, 1);
    subscription.resume();
  });

  test('a message over the limit is 1009', () async {
    final (:client, :server) = await _pair(
      (url) => RustIoWebSocket.connect(
        url,
        options: const WebSocketOptions(maxMessageSize: 10),
      ),
    );
    server.add('eleven bytes');
    expect(await client.toList(), isEmpty);
    expect(client.closeCode, WebSocketStatus.messageTooBig);
  });

  test('a stream that is added waits for a peer that does not read', () async {
    final (:client, :peer) = await _framed(RustIoWebSocket.connect);
    // The peer reads into memory: enough of it shows the pause.
    final paused = StreamController<void>();
    late final StreamController<List<int>> source;
    source = StreamController(onPause: () => paused.add(null));
    unawaited(client.addStream(source.stream));
    final piece = Uint8List(1 << 20);
    for (var i = 0; i < 64; i++) {
      source.add(piece);
    }
    await _seen(paused.stream);
    expect(client.bufferedAmount, greaterThan(0));
    peer.socket.destroy();
  });
}
