// Connects, and each way in which they fail.
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/library_folder.dart';
import 'support/servers.dart';

void main() {
  group('a channel that connects', () {
    test('is returned at once, and ready when it is open', () async {
      final channel = RustWebSocketChannel.connect(await serveEcho());
      expect(channel.protocol, isNull);
      await channel.ready;
      expect(channel.protocol, '');
      await channel.sink.close();
    });

    test('takes the URL as a string or as a Uri', () async {
      final url = await serveEcho();
      for (final form in [url, url.toString()]) {
        final channel = RustWebSocketChannel.connect(form);
        await channel.ready;
        await channel.sink.close();
      }
    });

    test('has the subprotocol that the server chose', () async {
      final url = await serve(
        (socket) => socket.listen(socket.add),
        selectProtocol: (offered) {
          expect(offered, ['first', 'second']);
          return 'second';
        },
      );
      final channel = RustWebSocketChannel.connect(
        url,
        protocols: ['first', 'second'],
      );
      await channel.ready;
      expect(channel.protocol, 'second');
      await channel.sink.close();
    });

    test('accepts a subprotocol that it did not offer', () async {
      final url = await serveFrames(
        (peer) => peer.sendFrame(8, []),
        extraHeaders: 'Sec-WebSocket-Protocol: surprise\r\n',
      );
      final channel = RustWebSocketChannel.connect(url);
      await channel.ready;
      expect(channel.protocol, 'surprise');
      await channel.stream.drain<void>();
    });

    test('sends its header fields in canonical case', () async {
      final requests = StreamController<String>();
      final url = await serveFrames((peer) {
        requests.add(peer.request);
        peer.sendFrame(8, []);
      });
      final channel = RustWebSocketChannel.connect(
        url.replace(userInfo: 'me:secret', path: '/a b', query: 'q=1'),
        headers: {
          'x-first': 'one',
          'X-LIST': ['two', 'three'],
          'x-number': 4,
          'user-agent': 'test',
        },
      );
      await channel.stream.drain<void>();
      final lines = (await requests.stream.first).split('\r\n');
      expect(lines.first, 'GET /a%20b?q=1 HTTP/1.1');
      expect(
        lines,
        containsAll([
          'Host: 127.0.0.1:${url.port}',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Authorization: Basic bWU6c2VjcmV0',
          'X-First: one',
          'X-LIST: two',
          'X-LIST: three',
          'X-Number: 4',
          'User-Agent: test',
        ]),
      );
    });

    test('follows a redirect, without credentials to another server', () async {
      final requests = StreamController<String>();
      final last = await serveFrames((peer) {
        requests.add(peer.request);
        peer.sendFrame(8, []);
      });
      final first = await serveHttp((request) {
        request.response
          ..statusCode = HttpStatus.found
          ..headers.set('Location', 'http://127.0.0.1:${last.port}/last')
          ..close();
      });
      final channel = RustWebSocketChannel.connect(
        first,
        headers: {'cookie': 'secret', 'x-other': 'public'},
      );
      await channel.stream.drain<void>();
      final request = await requests.stream.first;
      expect(request, startsWith('GET /last HTTP/1.1'));
      expect(request, contains('X-Other: public'));
      expect(request, isNot(contains('secret')));
    });

    test('gives up after five redirects', () async {
      var redirects = 0;
      final url = await serveHttp((request) {
        redirects++;
        request.response
          ..statusCode = HttpStatus.movedPermanently
          ..headers.set('Location', '/again')
          ..close();
      });
      final channel = RustWebSocketChannel.connect(url);
      await expectLater(
        channel.ready,
        throwsA(
          isA<WebSocketChannelException>().having(
            (error) => error.inner,
            'inner',
            isA<BadReplyException>(),
          ),
        ),
      );
      await channel.stream.drain<void>().catchError((_) {});
      expect(redirects, 6);
    });

    test('receives frames that came with the response', () async {
      final url = await serveFrames(
        (_) {},
        firstBytes: () => [0x81, 2, 0x68, 0x69, 0x88, 0],
      );
      final channel = RustWebSocketChannel.connect(url);
      expect(await channel.stream.toList(), ['hi']);
    });
  });

  group('an invalid argument is rejected at the call:', () {
    test('a string that is not a URL', () {
      expect(
        () => RustWebSocketChannel.connect('ws://[broken'),
        throwsFormatException,
      );
    });

    for (final url in ['http://localhost', 'localhost:80', 'ws:///path']) {
      test(url, () {
        expect(
          () => RustWebSocketChannel.connect(url),
          throwsA(isA<InvalidRequestException>()),
        );
      });
    }

    test('an invalid subprotocol, without its value', () {
      expect(
        () => RustWebSocketChannel.connect(
          'ws://localhost',
          protocols: ['chat', 'Bearer s3cret'],
        ),
        throwsA(
          isA<ArgumentError>()
              .having((error) => error.name, 'name', 'protocols')
              .having((error) => '$error', 'text', isNot(contains('s3cret'))),
        ),
      );
    });

    test('another scheme, for the socket', () {
      expect(
        RustWebSocket.connect(Uri.parse('https://localhost')),
        throwsArgumentError,
      );
    });

    for (final MapEntry(:key, :value) in <String, Map<String, dynamic>>{
      'the value null': {'X': null},
      'a null among its values': {
        'X': ['a', null],
      },
      'a line break in a value': {'X': 'a\r\nY: b'},
      'a NUL in a value': {'X': 'a\u0000'},
      'a line break in a name': {'X\n': 'a'},
      'an empty name': {'': 'a'},
    }.entries) {
      test('a header with $key', () {
        expect(
          () => RustWebSocketChannel.connect('ws://localhost', headers: value),
          throwsArgumentError,
        );
      });
    }

    test('an invalid subprotocol', () {
      expect(
        () =>
            RustWebSocketChannel.connect('ws://localhost', protocols: ['a, b']),
        throwsArgumentError,
      );
    });

    for (final size in [0, -1, 1 << 32]) {
      test('a header of $size bytes at most', () {
        expect(
          () => RustWebSocketChannel.connect(
            'ws://localhost',
            options: WebSocketOptions(maxHeaderSize: size),
          ),
          throwsA(
            isA<ArgumentError>().having(
              (error) => error.name,
              'name',
              'options.maxHeaderSize',
            ),
          ),
        );
      });
    }

    test('a duration that is not positive', () {
      expect(
        () => RustWebSocketChannel.connect(
          'ws://localhost',
          connectTimeout: Duration.zero,
        ),
        throwsArgumentError,
      );
    });
  });

  group('a failed connect', () {
    /// Expects the same error in `ready` and in the stream, which is done then.
    Future<T> expectFailure<T>(RustWebSocketChannel channel) async {
      Object? inReady;
      try {
        await channel.ready;
      } on Exception catch (error) {
        inReady = error;
      }
      final inStream = <Object>[];
      final isDone = Completer<void>();
      channel.stream.listen(
        (message) => fail('a message: $message'),
        onError: (Object error) => inStream.add(error),
        onDone: isDone.complete,
      );
      await isDone.future;
      expect(inStream, [same(inReady)]);
      expect(channel.closeCode, isNull);
      expect(channel.closeReason, isNull);
      expect(channel.protocol, isNull);
      await channel.sink.close();
      await channel.sink.done;
      final inner = switch (inReady) {
        WebSocketChannelException(:final inner?) => inner,
        final bare => bare,
      };
      expect(inner, isA<T>());
      return inner as T;
    }

    test('has host and port of a refused connection', () async {
      final server = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
      final port = server.port;
      await server.close();
      final error = await expectFailure<ConnectionRefusedException>(
        RustWebSocketChannel.connect('ws://user:secret@127.0.0.1:$port'),
      );
      expect(error, isA<SocketException>());
      expect(error.message, contains('127.0.0.1:$port'));
      expect(error.message, isNot(contains('secret')));
      expect(error.port, port);
      expect(error.osError?.errorCode, isNot(0));
    });

    test('has the name of a host that does not resolve', () async {
      final error = await expectFailure<HostLookupException>(
        RustWebSocketChannel.connect('ws://no-such-host.invalid'),
      );
      expect(error, isA<SocketException>());
      expect(error.message, contains('no-such-host.invalid'));
    });

    test('has status, header and body of a refused upgrade', () async {
      final url = await serveHttp((request) {
        request.response
          ..statusCode = 403
          ..headers.add('X-Why', 'no token')
          ..write('Forbidden, sorry')
          ..close();
      });
      final error = await expectFailure<UpgradeRefusedException>(
        RustWebSocketChannel.connect(url),
      );
      expect(error, isA<HttpException>());
      expect(error, isA<WebSocketException>());
      expect(error.statusCode, 403);
      expect(error.headers['x-why'], ['no token']);
      expect(String.fromCharCodes(error.body), 'Forbidden, sorry');
      expect(error.message, contains('${url.port}'));
      expect(error.message, contains('403'));
    });

    test('has the partial body of a refused upgrade at the timeout', () async {
      final url = await serveTcp(
        (socket) => socket.write(
          'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nbusy',
        ),
      );
      Future<UpgradeRefusedException> refusal() async {
        try {
          await RustWebSocket.connect(
            url,
            // Less than the second that is given to a body.
            connectTimeout: const Duration(milliseconds: 800),
          );
        } on UpgradeRefusedException catch (error) {
          return error;
        } on ConnectTimeoutException {
          // A busy machine: even the header took longer.
          return refusal();
        }
        fail('it is open');
      }

      final error = await refusal();
      expect(error.statusCode, 503);
      expect(String.fromCharCodes(error.body), 'busy');
    });

    test('names the option that limits the header', () async {
      Future<Uri> serveField(int size) => serveFrames(
        (peer) => peer.sendFrame(8, []),
        extraHeaders: 'X-Long: ${'x' * size}\r\n',
      );
      for (final (size, options) in [
        (64 << 10, const WebSocketOptions()),
        (1000, const WebSocketOptions(maxHeaderSize: 1000)),
      ]) {
        final error = await expectFailure<BadReplyException>(
          RustWebSocketChannel.connect(
            await serveField(size),
            options: options,
          ),
        );
        expect(error.message, contains('option maxHeaderSize'));
        expect(error.message, contains('${options.maxHeaderSize} bytes'));
      }
      final channel = RustWebSocketChannel.connect(
        await serveField(64 << 10),
        options: const WebSocketOptions(maxHeaderSize: 128 << 10),
      );
      await channel.ready;
      await channel.stream.drain<void>();
    });

    test('reports a response that is not HTTP', () async {
      final url = await serveTcp((socket) => socket.write('SSH-2.0-x\r\n\r\n'));
      final error = await expectFailure<BadReplyException>(
        RustWebSocketChannel.connect(url),
      );
      expect(error.message, contains('SSH-2.0'));
    });

    test('reports a wrong Sec-WebSocket-Accept', () async {
      final url = await serveTcp(
        (socket) => socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
          'Connection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n',
        ),
      );
      final error = await expectFailure<BadReplyException>(
        RustWebSocketChannel.connect(url),
      );
      expect(error.message, contains('Sec-WebSocket-Accept'));
    });

    test('reports that the server closed without a response', () async {
      final url = await serveTcp((socket) => socket.destroy());
      await expectFailure<BadReplyException>(RustWebSocketChannel.connect(url));
    });

    test(
      'is a bare TimeoutException at the limit, and closes the socket',
      () async {
        final serverSawEnd = Completer<void>();
        final url = await serveTcp(
          (socket) => socket.listen(
            (_) {},
            onDone: () =>
                serverSawEnd.isCompleted ? null : serverSawEnd.complete(),
            onError: (Object _) {},
          ),
        );
        // A busy machine may not even have dialled within the first of them.
        for (var ms = 100; !serverSawEnd.isCompleted; ms *= 2) {
          final limit = Duration(milliseconds: ms);
          final error = await expectFailure<TimeoutException>(
            RustWebSocketChannel.connect(url, connectTimeout: limit),
          );
          expect(error.duration, limit);
          await pumpEventQueue();
        }
      },
    );

    test('is not an unhandled error without a listener', () async {
      final url = await serveTcp((socket) => socket.destroy());
      final unhandled = <Object>[];
      await runZonedGuarded(() async {
        final channel = RustWebSocketChannel.connect(url);
        channel.sink.add('lost');
        await channel.sink.close();
        await channel.sink.done;
        await Future<void>.delayed(Duration.zero);
      }, (error, _) => unhandled.add(error));
      expect(unhandled, isEmpty);
    });

    test('is thrown by the socket without a wrapper', () async {
      final url = await serveHttp(
        (request) => request.response
          ..statusCode = 404
          ..close(),
      );
      await expectLater(
        RustWebSocket.connect(url),
        throwsA(
          isA<UpgradeRefusedException>().having(
            (error) => error.statusCode,
            'statusCode',
            404,
          ),
        ),
      );
    });
  });

  test(
    'after a library of another version another one can be loaded',
    () async {
      final path = Platform.environment['RUST_WEB_SOCKET_LIBRARY']!;
      final folder = await Directory.systemTemp.createTemp('rust_web_socket');
      addTearDown(() => deleteLibraryFolder(folder));
      // Latin-1 is one character for each byte.
      final other = latin1
          .decode(await File(path).readAsBytes())
          .replaceAll('data_path_version', 'data_path_another');
      final otherPath =
          '${folder.path}/other${Uri.file(path).pathSegments.last}';
      await File(otherPath).writeAsBytes(latin1.encode(other));
      final url = await serveEcho();
      // Each isolate loads it anew.
      final (refusal, echo) = await Isolate.run(() async {
        Object? refusal;
        try {
          RustWebSocketLibrary.load(path: otherPath);
        } catch (error) {
          refusal = error;
        }
        RustWebSocketLibrary.load(path: path);
        final channel = RustWebSocketChannel.connect(url);
        channel.sink.add('Hello');
        final echo = await channel.stream.first;
        await channel.sink.close();
        return ('$refusal', echo);
      });
      expect(refusal, startsWith('LibraryException'));
      expect(echo, 'Hello');
    },
    testOn: '!mac-os',
  );

  test('the socket rejects a subprotocol that was not offered', () async {
    final closed = Completer<List<int>>();
    final url = await serveFrames((peer) async {
      closed.complete((await peer.nextFrame())!.payload);
      peer.socket.destroy();
    }, extraHeaders: 'Sec-WebSocket-Protocol: surprise\r\n');
    await expectLater(
      RustWebSocket.connect(url, protocols: ['other']),
      throwsA(anything),
    );
    expect(await closed.future, [1002 >> 8, 1002 & 0xff]);
  });
}
