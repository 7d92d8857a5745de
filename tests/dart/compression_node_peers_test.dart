// Compressed and plain exchange with servers on npm's ws. `cargo xtask test`
// says where node and the package are.
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/exchange.dart';
import 'support/program.dart';

void main() {
  final node = Platform.environment['NODE'];

  group(
    'ws',
    () {
      for (final (name, options) in [
        ('without compression', false),
        ('with compression', {'threshold': 0}),
        ('that compresses large messages', {'threshold': 1024}),
        (
          'without context takeover by the server',
          {'threshold': 0, 'serverNoContextTakeover': true},
        ),
        (
          'without context takeover by the client',
          {'threshold': 0, 'clientNoContextTakeover': true},
        ),
        (
          'without context takeover',
          {
            'threshold': 0,
            'serverNoContextTakeover': true,
            'clientNoContextTakeover': true,
          },
        ),
        (
          'with a small window of the server',
          {'threshold': 0, 'serverMaxWindowBits': 9},
        ),
        (
          'with a small window of the client',
          {'threshold': 0, 'clientMaxWindowBits': 9},
        ),
        (
          'with all options',
          {
            'threshold': 0,
            'serverNoContextTakeover': true,
            'clientNoContextTakeover': true,
            'serverMaxWindowBits': 10,
            'clientMaxWindowBits': 11,
          },
        ),
      ]) {
        for (final (manner, exchange) in [
          ('messages', exchange),
          ('fragments with pings in between', exchangeFragments),
        ]) {
          test('$name echoes $manner', () async {
            final server = await Program.start(node!, [
              'tests/peers/ws_echo_server.js',
              ...['--port', '0', '--compression', json.encode(options)],
            ]);
            final url = Uri.parse(await server.url);
            final socket = await RustWebSocket.connect(url);
            expect(await server.line, 'extensions: none');
            await exchange(socket);
            final [_, received, _] = (await server.line).split(' ');
            print('$received of $sizeOfMessages');
            expect(await server.line, 'closed: 1000 bye');
          });
        }
      }
    },
    skip: node == null
        ? 'NODE is not set: run `cargo xtask test peers`'
        : false,
    timeout: const Timeout(Duration(minutes: 2)),
  );
}
