// Connections of isolates that start and end.
import 'dart:async';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/native/library.dart' show nativeOutgoing;
import 'package:rust_web_socket/src/rust/api/connection.dart' as rust;
import 'package:test/test.dart';

import 'support/servers.dart';

/// Connects, reports to [arguments]' port that it is open, and stays.
Future<void> _connectAndStay((SendPort, Uri) arguments) async {
  final (isOpen, url) = arguments;
  final channel = RustWebSocketChannel.connect(url);
  channel.stream.listen(null);
  await channel.ready;
  isOpen.send(null);
}

/// Waits long before it connects, and reports the wait to [arguments]' port.
Future<void> _waitAndStay((SendPort, Uri) arguments) async {
  final (isWaiting, url) = arguments;
  final channel = ReconnectingWebSocketChannel.connect(url);
  await channel.states.firstWhere((state) => state is ChannelWaiting);
  isWaiting.send(null);
}

/// Connects, and answers with what the server echoed.
Future<String> _echo(Uri url) async {
  final channel = RustWebSocketChannel.connect(url);
  channel.sink.add('from an isolate');
  final reply = await channel.stream.first;
  await channel.sink.close();
  return reply as String;
}

/// Waits until a condition holds, at most for the test's timeout.
Future<void> _until(bool Function() condition) async {
  while (!condition()) {
    await Future<void>.delayed(const Duration(milliseconds: 20));
  }
}

/// Connects, and ends in the turn in which it sends messages.
Future<void> _endAfterLastWords((Uri, bool) arguments) async {
  final (url, isError) = arguments;
  final channel = RustWebSocketChannel.connect(url);
  channel.stream.listen(null);
  await channel.ready;
  channel.sink
    ..add('last words')
    ..add([7]);
  if (!isError) Isolate.exit();
  throw StateError('fatal');
}

void main() {
  for (final isError in [false, true]) {
    final how = isError ? 'an error' : 'Isolate.exit';
    test('messages of the turn that $how ends are sent', () async {
      final closed = Completer<(List<Object?>, int?)>();
      final url = await serve((socket) {
        final received = <Object?>[];
        socket.listen(
          received.add,
          onDone: () => closed.complete((received, socket.closeCode)),
        );
      });
      final errors = ReceivePort();
      await Isolate.spawn(_endAfterLastWords, (
        url,
        isError,
      ), onError: errors.sendPort);
      final (received, code) = await closed.future;
      errors.close();
      expect(received, [
        'last words',
        [7],
      ]);
      expect(code, 1001);
    });
  }

  test('a connection outlives the other isolates', () async {
    final url = await serveEcho();
    final channel = RustWebSocketChannel.connect(url);
    final replies = StreamIterator<dynamic>(channel.stream);
    for (var i = 0; i < 5; i++) {
      expect(await Isolate.run(() => _echo(url)), 'from an isolate');
      channel.sink.add('$i');
      await replies.moveNext();
      expect(replies.current, '$i');
    }
    await channel.sink.close();
  });

  test('isolates that load the library at the same time all connect', () async {
    final url = await serveEcho();
    final replies = await Future.wait([
      for (var i = 0; i < 8; i++) Isolate.run(() => _echo(url)),
    ]);
    expect(replies, List.filled(8, 'from an isolate'));
  });

  test('a stale handle does nothing, and finds no other connection', () {
    // A released handle, and handles that never existed.
    final outgoing = nativeOutgoing;
    final released = outgoing.newHandle();
    rust.release(handle: released);
    final reused = outgoing.newHandle();
    expect(reused, isNot(released));
    for (final handle in [released, 0, -1, 1 << 62]) {
      outgoing
        ..sendText(handle, 'nobody has it', null)
        ..sendBytes(handle, List.filled(100000, 7), null)
        ..flush(handle)
        ..grant(handle);
      expect(outgoing.bufferedAmount(handle), 0);
      expect(outgoing.isWritable(handle), 0);
      expect(rust.ping(handle: handle, token: 1), isFalse);
      expect(rust.handshake(handle: handle), isNull);
      expect(rust.failure(handle: handle), isNull);
      expect(rust.ending(handle: handle), isNull);
      expect(rust.stats(handle: handle), isNull);
      rust.close(handle: handle, code: 1000, reason: '');
      rust.notifyDrained(handle: handle, mark: 0);
      rust.trace(handle: handle);
      rust.release(handle: handle);
    }
    rust.release(handle: reused);
  });

  test('an isolate that is killed closes its connection with 1001', () async {
    final closed = Completer<int?>();
    final url = await serve((socket) {
      socket.listen(null, onDone: () => closed.complete(socket.closeCode));
    });
    final isOpen = ReceivePort();
    final isolate = await Isolate.spawn(_connectAndStay, (
      isOpen.sendPort,
      url,
    ));
    await isOpen.first;
    isolate.kill(priority: Isolate.immediate);
    expect(await closed.future, 1001);
  });

  test(
    'isolates that are killed leave no connection, no socket and no thread',
    () async {
      var open = 0;
      var closed = 0;
      final url = await serve((socket) {
        open++;
        socket.listen(null, onDone: () => closed++);
      });
      Future<void> round(int count) async {
        final isOpen = ReceivePort();
        final isolates = [
          for (var i = 0; i < count; i++)
            await Isolate.spawn(_connectAndStay, (isOpen.sendPort, url)),
        ];
        await isOpen.take(count).drain<void>();
        for (final isolate in isolates) {
          isolate.kill(priority: Isolate.immediate);
        }
        await _until(() => closed == open);
      }

      // Of a folder of Linux's /proc/self. Other systems have no such list.
      int entries(String folder) {
        if (!Platform.isLinux) return 0;
        while (true) {
          try {
            return Directory('/proc/self/$folder').listSync().length;
          } on FileSystemException {
            // One was closed while they were listed.
          }
        }
      }

      // The library's threads, and the VM's, start with the first ones.
      await round(4);
      await _until(() => entries('task') < 32);
      RustWebSocketLibrary.load();
      await _until(() => rust.liveConnections() == 0);
      final sockets = entries('fd');
      final threads = entries('task');
      await round(16);
      expect(open, 20);
      await _until(() => rust.liveConnections() == 0);
      // The server's ends and the VM's idle threads take a moment to go.
      await _until(() => entries('fd') <= sockets);
      await _until(() => entries('task') <= threads);
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );

  test('an isolate that is killed before its attempt leaves nothing', () async {
    RustWebSocketLibrary.load();
    // Those of the tests above may still be ending.
    await _until(() => rust.liveConnections() == 0);
    var requests = 0;
    final url = await serveHttp((request) {
      requests++;
      request.response
        ..statusCode = 503
        ..headers.set('retry-after', '240');
      request.response.close();
    });
    final isWaiting = ReceivePort();
    final isolate = await Isolate.spawn(_waitAndStay, (
      isWaiting.sendPort,
      url,
    ));
    await isWaiting.first;
    expect(rust.liveConnections(), 1);
    isolate.kill(priority: Isolate.immediate);
    await _until(() => rust.liveConnections() == 0);
    expect(requests, 1);
  });

  // A hot restart ends the isolate and loads the program again, in the same
  // process and with the same library.
  test(
    'a reloaded program connects, and the old connections are closed with 1001',
    () async {
      final closeCodes = <int?>[];
      final url = await serve((socket) {
        socket.listen(null, onDone: () => closeCodes.add(socket.closeCode));
      });
      final own = RustWebSocketChannel.connect(await serveEcho());
      await own.ready;
      for (var restarts = 0; restarts < 2; restarts++) {
        final isOpen = ReceivePort();
        final isolate = await Isolate.spawnUri(
          Directory.current.uri.resolve(
            'tests/dart/programs/connect_and_stay.dart',
          ),
          ['$url'],
          isOpen.sendPort,
          packageConfig: await Isolate.packageConfig,
        );
        await isOpen.first;
        isolate.kill(priority: Isolate.immediate);
        await _until(() => closeCodes.length == restarts + 1);
      }
      expect(closeCodes, [1001, 1001]);
      own.sink.add('still here');
      expect(await own.stream.first, 'still here');
      await own.sink.close();
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );

  test(
    'a program ends when its connections have',
    () async {
      final echo = await serveEcho();
      final process = await Process.run(Platform.resolvedExecutable, [
        '--packages=${Platform.packageConfig}',
        'tests/dart/programs/connect_and_close.dart',
        '$echo',
      ]);
      expect(process.stderr, isEmpty);
      expect('${process.stdout}'.trim(), 'closed 1000');
      expect(process.exitCode, 0);
    },
    timeout: const Timeout(Duration(minutes: 2)),
  );
}
