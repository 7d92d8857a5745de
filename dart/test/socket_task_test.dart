// The tasks of the mini-programs, over fakes: no network, no native library.
import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart'
    show ConnectionRefusedException, RustWebSocketChannel;
import 'package:rust_web_socket/socket_task.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:rust_web_socket/w3c.dart' show SyntaxError;
import 'package:test/test.dart';

void main() {
  late RustWebSocketChannel peer;
  final server = FakeServer(onConnect: (it) => peer = it);

  Future<SocketTask> connect() async {
    final task = SocketTask(server.connectW3c());
    final opened = Completer<void>();
    task.onOpen((_) => opened.complete());
    await opened.future;
    return task;
  }

  /// Runs [call] with callbacks that log, and waits for the last of them.
  Future<List<String>> outcome(
    void Function(
      void Function(SocketTaskResult) success,
      void Function(SocketTaskResult) fail,
      void Function(SocketTaskResult) complete,
    )
    call,
  ) async {
    final log = <String>[];
    final completed = Completer<void>();
    call(
      (result) => log.add('success ${result.errMsg}'),
      (result) => log.add('fail ${result.errMsg}'),
      (result) {
        log.add('complete');
        completed.complete();
      },
    );
    expect(log, isEmpty);
    await completed.future;
    return log;
  }

  test('a task calls its listeners', () async {
    final task = await connect();
    expect(task.readyState, SocketTask.OPEN);
    final log = <Object>[];
    final closed = Completer<void>();
    task
      ..onMessage((event) => log.add(event.data))
      ..onMessage((event) => log.add('again'))
      ..onError((event) => log.add('error'))
      ..onClose((event) {
        log.add('${event.code} ${event.reason}');
        closed.complete();
      });
    peer.sink
      ..add('text')
      ..add([1, 2]);
    await peer.sink.close(3000, 'bye');
    await closed.future;
    expect((log.removeAt(2) as ByteBuffer).asUint8List(), [1, 2]);
    expect(log, ['text', 'again', 'again', '3000 bye']);
    expect(task.readyState, SocketTask.CLOSED);
  });

  test('a failed connect calls onError and onClose', () async {
    final refusing = FakeServer()
      ..refusal = const ConnectionRefusedException('refused');
    final task = SocketTask(refusing.connectW3c());
    final log = <String>[];
    final closed = Completer<void>();
    task
      ..onError((event) => log.add(event.message))
      ..onClose((event) {
        log.add('${event.code}');
        closed.complete();
      });
    await closed.future;
    expect(log, ['refused', '1006']);
  });

  test('send reports success', () async {
    final task = await connect();
    expect(
      await outcome(
        (success, fail, complete) => task.send(
          data: Uint8List.fromList([1]).buffer,
          success: success,
          fail: fail,
          complete: complete,
        ),
      ),
      ['success sendSocketMessage:ok', 'complete'],
    );
    task.send(data: 'no callbacks');
    expect(await peer.stream.take(2).toList(), [
      [1],
      'no callbacks',
    ]);
  });

  test('send reports why it failed', () async {
    final task = SocketTask(server.connectW3c());
    Future<List<String>> send(Object data) => outcome(
      (success, fail, complete) => task.send(
        data: data,
        success: success,
        fail: fail,
        complete: complete,
      ),
    );
    const notOpen = 'fail sendSocketMessage:fail SocketTask.readyState is not';
    expect(await send('early'), [startsWith(notOpen), 'complete']);
    final opened = Completer<void>();
    task.onOpen((_) => opened.complete());
    await opened.future;
    expect(await send(1), [
      startsWith('fail sendSocketMessage:fail data must be'),
      'complete',
    ]);
    expect(await send('\ud800'), [contains('lone surrogate'), 'complete']);
    task.close();
    expect(await send('late'), [startsWith(notOpen), 'complete']);
  });

  test('close sends 1000 by default', () async {
    final task = await connect();
    expect(
      await outcome(
        (success, fail, complete) =>
            task.close(success: success, fail: fail, complete: complete),
      ),
      ['success closeSocket:ok', 'complete'],
    );
    await peer.stream.drain<void>();
    expect(peer.closeCode, 1000);
    expect(
      await outcome(
        (success, fail, complete) =>
            task.close(success: success, fail: fail, complete: complete),
      ),
      [startsWith('fail closeSocket:fail'), 'complete'],
    );
  });

  test('close reports why it failed', () async {
    final task = await connect();
    expect(
      await outcome(
        (success, fail, complete) => task.close(
          code: 1006,
          success: success,
          fail: fail,
          complete: complete,
        ),
      ),
      [startsWith('fail closeSocket:fail The close code 1006'), 'complete'],
    );
    expect(task.readyState, SocketTask.OPEN);
    task.close(code: 3000, reason: 'bye');
    await peer.stream.drain<void>();
    expect((peer.closeCode, peer.closeReason), (3000, 'bye'));
  });

  test('after a callback that throws the other one is called', () async {
    final errors = <Object>[];
    var completed = false;
    await runZonedGuarded(() async {
      (await connect()).send(
        data: 'x',
        success: (_) => throw 'thrown',
        complete: (_) => completed = true,
      );
      await pumpEventQueue();
    }, (error, _) => errors.add(error));
    expect(completed, isTrue);
    expect(errors, ['thrown']);
  });

  test('connectSocket rejects invalid arguments', () {
    expect(() => connectSocket(url: 'no URL'), throwsA(isA<SyntaxError>()));
    expect(
      () => connectSocket(url: 'ws://host.test', header: {'a b': 'c'}),
      throwsArgumentError,
    );
    expect(
      () => connectSocket(url: 'ws://host.test', timeout: Duration.zero),
      throwsArgumentError,
    );
  });
}
