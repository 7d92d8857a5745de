// The example client with servers on npm's nodejs-websocket and ws. `cargo
// xtask test` passes the paths of node and the packages.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/w3c.dart';
import 'package:test/test.dart';

import 'support/program.dart';

void main() {
  final node = Platform.environment['NODE'];
  final skip = node == null
      ? 'NODE is not set: run `cargo xtask test node_peers`'
      : false;

  for (final (package, script, connected) in [
    (
      'nodejs-websocket',
      'tests/peers/nodejs_websocket_server.js',
      'connected, offered extensions: permessage-deflate; client_max_window_bits',
    ),
    (
      'ws',
      'tests/peers/ws_server.js',
      'connected, extensions: permessage-deflate',
    ),
  ]) {
    group(
      'with $package,',
      () {
        late Program server;
        late String url;

        setUp(() async {
          server = await Program.start(node!, [script, '--port', '0']);
          url = await server.url;
        });

        Future<Program> client([List<String> options = const []]) =>
            Program.start(Platform.resolvedExecutable, [
              '--packages=${Platform.packageConfig}',
              'dart/example/w3c_client.dart',
              url,
              ...options,
            ]);

        test('the client sends typed numbers', () async {
          final program = await client();
          expect(await program.line, 'connected to $url/');
          expect(await program.line, 'received: server:hello…, client:你好');
          program.input.writeln('6');
          expect(await program.line, _answer('6 is not over 6'));
          program.input.writeln('7 all');
          expect(await program.line, _answer('7 is over 6'));
          await program.input.close();
          expect(await program.line, 'closed: 1000 bye (cleanly)');
          expect(await program.process.exitCode, 0);
          expect(await server.line, connected);
          expect(await server.line, 'closed: 1000 bye');
        });

        test('the client sends numbers in automatic mode', () async {
          // Without an end: a last message would leave no time for its answer.
          final program = await client(['--automatic', '--pause', '20']);
          expect(await program.line, 'connected to $url/');
          expect(await program.line, 'received: server:hello…, client:你好');
          for (var number = 1; number <= 7; number++) {
            final size = number > 6 ? 'over 6' : 'not over 6';
            expect(await program.line, _answer('$number is $size'));
          }
        });

        test('a close by the server carries code and reason', () async {
          final socket = WebSocket(url);
          await socket.onOpen.first;
          final closed = socket.onClose.first;
          socket.send(json.encode({'num': 1, 'to': 'nobody'}));
          final event = await closed;
          expect(
            (event.code, event.reason, event.wasClean),
            (4000, 'there is no nobody', true),
          );
        });

        test('the extensions that the server accepted are known', () async {
          final socket = WebSocket(url);
          await socket.onOpen.first;
          expect(
            socket.extensions,
            package == 'ws' ? startsWith('permessage-deflate') : '',
          );
          final closed = socket.onClose.first;
          socket.close();
          await closed;
        });

        test('an answer to all reaches each socket', () async {
          final sockets = [WebSocket(url), WebSocket(url)];
          final messages = [
            for (final socket in sockets) StreamIterator(socket.onMessage),
          ];
          for (final it in messages) {
            addTearDown(it.cancel);
          }

          /// The next message to each socket.
          Future<void> expectEach(Map<String, Object> message) async {
            // All at once, since messages without a listener are lost.
            await Future.wait([for (final it in messages) it.moveNext()]);
            for (final it in messages) {
              expect(json.decode(it.current.data as String), message);
              expect(it.current.origin, url);
            }
          }

          await expectEach({
            'serverText': 'server:hello…',
            'clientText': 'client:你好',
          });
          sockets.first.sendString(
            json.encode({'clientText': '你好', 'num': 7, 'to': 'all'}),
          );
          await expectEach({
            'serverText': 'server:7 is over 6',
            'clientText': '你好',
          });
          for (final socket in sockets) {
            final closed = socket.onClose.first;
            socket.close(3000, '再见');
            final event = await closed;
            expect(
              (event.code, event.reason, event.wasClean),
              (3000, '再见', true),
            );
          }
        });
      },
      skip: skip,
      timeout: const Timeout(Duration(minutes: 2)),
    );
  }
}

String _answer(String text) => 'received: server:$text, client:你好';
