// The rules of a browser's connection, over a fake of the browser's socket.
import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/web/connection.dart';
import 'package:test/test.dart';

/// A socket that a test controls. It records calls.
final class _FakeSocket implements BrowserSocket {
  late BrowserSocketListener listener;
  final List<Object> sent = [];
  final List<(int?, String)> closes = [];

  @override
  String protocol = '';

  @override
  String extensions = '';

  @override
  bool isOpen = true;

  @override
  int bufferedAmount = 0;

  @override
  void sendText(String text) => sent.add(text);

  @override
  void sendBytes(Uint8List bytes) => sent.add(bytes);

  @override
  void close(int? code, String reason) => closes.add((code, reason));
}

void main() {
  late _FakeSocket socket;
  setUp(() => socket = _FakeSocket());

  RustWebSocketChannel connect({
    String url = 'ws://localhost/path#fragment',
    Duration? connectTimeout,
    WebSocketOptions options = const WebSocketOptions(),
    void Function(String url, List<String> protocols)? onOpen,
  }) {
    final request = ConnectionRequest(
      Uri.parse(url),
      protocols: ['a', 'b'],
      connectTimeout: connectTimeout,
      options: options,
    );
    return RustWebSocketChannel.over(
      (listener) => WebConnection(request, listener, (url, protocols, it) {
        onOpen?.call(url, protocols);
        return socket..listener = it;
      }),
    );
  }

  Future<RustWebSocketChannel> connected({
    WebSocketOptions options = const WebSocketOptions(),
  }) async {
    final channel = connect(options: options);
    socket.listener.onOpen();
    await channel.ready;
    return channel;
  }

  /// The error of `ready`.
  Future<Object> failureOf(RustWebSocketChannel channel) async {
    try {
      await channel.ready;
    } on WebSocketChannelException catch (error) {
      return error.inner!;
    } on Exception catch (error) {
      return error;
    }
    fail('it connected');
  }

  test('passes the URL to the browser without its fragment', () {
    final asked = <Object>[];
    connect(onOpen: (url, protocols) => asked.addAll([url, protocols]));
    expect(asked, [
      'ws://localhost/path',
      ['a', 'b'],
    ]);
  });

  test('sends early messages when it is open, then the close', () async {
    final channel = connect();
    final bytes = [1, 258];
    channel.sink
      ..add('text ä')
      ..add(bytes);
    bytes[0] = 9;
    expect(channel.bufferedAmount, 7 + 2);
    final closed = channel.sink.close(3000, 'bye');
    expect(socket.sent, isEmpty);
    expect(socket.closes, isEmpty);
    socket
      ..protocol = 'b'
      ..listener.onOpen();
    expect(socket.sent, [
      'text ä',
      [1, 2],
    ]);
    expect(socket.closes, [(3000, 'bye')]);
    expect(channel.protocol, 'b');
    socket.listener.onClose(3000, 'bye', true);
    await closed;
    expect(channel.closeInfo?.initiator, CloseInitiator.local);
    expect(channel.closeInfo?.isClean, isTrue);
  });

  test('closes without a code if the browser rejects it', () async {
    for (final code in [null, 1001, 1002, 1011]) {
      socket = _FakeSocket();
      final channel = await connected();
      final closed = channel.sink.close(code, 'bye');
      expect(socket.closes, [(null, '')]);
      socket.listener.onClose(1005, '', true);
      await closed;
    }
  });

  test('reports a failure without cause and credentials', () async {
    final channel = connect(url: 'wss://user:secret@example.org/?token=x');
    socket.listener.onClose(1006, '', false);
    final error = await failureOf(channel);
    expect(error, isA<BrowserConnectException>());
    expect('$error', contains('example.org:443'));
    expect('$error', isNot(anyOf(contains('secret'), contains('token'))));
    await channel.sink.close();
  });

  test('reports what the browser throws, without credentials', () async {
    final channel = connect(
      url: 'ws://user:secret@[::1]:8080',
      onOpen: (url, _) => throw Exception('SyntaxError: $url'),
    );
    final error = await failureOf(channel);
    expect(error, isA<InvalidRequestException>());
    expect('$error', contains('[::1]:8080'));
    expect('$error', isNot(contains('secret')));
    channel.sink.add('lost');
    await channel.sink.close();
  });

  test('cancels a connect that takes too long', () async {
    const limit = Duration(milliseconds: 1);
    final channel = connect(connectTimeout: limit);
    final error = await failureOf(channel);
    expect(error, isA<ConnectTimeoutException>());
    expect((error as ConnectTimeoutException).duration, limit);
    expect(error.message, contains('localhost:80'));
    expect(socket.closes, hasLength(1));
    // Too late.
    socket.listener
      ..onOpen()
      ..onClose(1006, '', false);
    await channel.sink.close();
  });

  test('waits at most closeTimeout for a dead peer', () async {
    final channel = await connected(
      options: const WebSocketOptions(closeTimeout: Duration(milliseconds: 1)),
    );
    await channel.sink.close(1000);
    final info = await channel.ended;
    expect(info.isClean, isFalse);
    expect(info.code, 1006);
    socket.listener.onClose(1000, '', true);
  });

  test('waits at most closeTimeout for a closed connect', () async {
    final channel = connect(
      options: const WebSocketOptions(closeTimeout: Duration(milliseconds: 1)),
    );
    final failure = expectLater(
      channel.ready,
      throwsA(
        isA<WebSocketChannelException>().having(
          (error) => error.inner,
          'inner',
          isA<CancelledException>(),
        ),
      ),
    );
    await channel.sink.close();
    await failure;
    expect(socket.closes, [(null, '')]);
    socket.listener.onClose(1006, '', false);
  });

  test('rejects messages over maxBufferedAmount', () async {
    const options = WebSocketOptions(maxBufferedAmount: 10);
    final channel = connect(options: options);
    final full = throwsA(isA<SendBufferFullException>());
    channel.sink.add('1234567');
    expect(() => channel.sink.add('üü'), full);
    socket.listener.onOpen();
    expect(() => channel.sink.add(Uint8List(11)), full);
    socket.bufferedAmount = 8;
    expect(() => channel.sink.add('123'), full);
    channel.sink.add('12');
    expect(socket.sent, ['1234567', '12']);
  });

  test('is not writable after a message that the browser drops', () async {
    final channel = await connected();
    expect(channel.connection.isWritable, isTrue);
    // The peer's Close frame has arrived.
    socket.isOpen = false;
    expect(channel.connection.isWritable, isTrue);
    channel.sink.add('');
    expect(socket.sent, isEmpty);
    expect(channel.connection.isWritable, isFalse);
    socket.listener.onClose(1001, '', true);
    expect((await channel.ended).code, 1001);
  });

  test('encodes text with textAsBytes', () async {
    final channel = await connected(
      options: const WebSocketOptions(textAsBytes: true),
    );
    socket.listener
      ..onMessage('你好 🎉')
      ..onMessage('')
      ..onMessage(Uint8List.fromList([1, 255]));
    final messages = await channel.stream.take(3).toList();
    expect(messages, everyElement(isA<Uint8List>()));
    expect(messages, [
      utf8.encode('你好 🎉'),
      isEmpty,
      [1, 255],
    ]);
  });

  test('reports what a browser does not support', () async {
    final channel = await connected();
    expect(channel.ping, throwsUnsupportedError);
    expect(() => channel.trace, throwsUnsupportedError);
    expect(() => channel.receiveProgress, throwsUnsupportedError);
    expect(channel.stats, isNull);
    await channel.flush();
  });

  test('pauses an added stream while the buffer is full', () async {
    final channel = await connected();
    final source = StreamController<Object>();
    unawaited(channel.sink.addStream(source.stream));
    socket.bufferedAmount = 10 * 1024 * 1024;
    source.add('first');
    await pumpEventQueue();
    source.add('second');
    await pumpEventQueue();
    expect(socket.sent, ['first']);
    socket.bufferedAmount = 0;
    await Future.doWhile(() async {
      await Future<void>.delayed(const Duration(milliseconds: 1));
      return socket.sent.length < 2;
    });
    expect(socket.sent, ['first', 'second']);
  });
}
