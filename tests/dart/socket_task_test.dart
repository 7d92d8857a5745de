// What a SocketTask does outside a browser only.
import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/socket_task.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

void main() {
  test('a task sends its header', () async {
    final token = Completer<String?>();
    final url = await serveHttp((request) async {
      token.complete(request.headers.value('x-token'));
      await (await WebSocketTransformer.upgrade(request)).drain<void>();
    });
    final task = connectSocket(url: '$url', header: {'X-Token': 'secret'});
    final closed = Completer<void>();
    task
      ..onOpen((_) => task.close())
      ..onClose((_) => closed.complete());
    await closed.future;
    expect(await token.future, 'secret');
  });
}
