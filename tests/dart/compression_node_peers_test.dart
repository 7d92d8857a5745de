// Compressed and plain exchange with servers on npm's ws. `cargo xtask test`
// passes the paths of node and the package.
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/exchange.dart';
import 'support/program.dart';

void main() {
  final node = Platform.environment['NODE'];

  Future<Program> serve(Object options) => Program.start(node!, [
    'tests/peers/ws_echo_server.js',
    ...['--port', '0', '--compression', json.encode(options)],
  ]);

  group(
    'ws',
    () {
      for (final (name, atServer, options, parameters) in [
        ('that declines', false, everything, null),
        (
          'to which nothing is offered',
          {'threshold': 0},
          const WebSocketOptions(compression: DeflateOptions.off()),
          null,
        ),
        ('by default', true, const WebSocketOptions(), <String>{}),
        ('with all compressed', {'threshold': 0}, everything, <String>{}),
        (
          'without context takeover by the server',
          {'threshold': 0, 'serverNoContextTakeover': true},
          everything,
          {'server_no_context_takeover'},
        ),
        (
          'without context takeover by the client',
          {'threshold': 0, 'clientNoContextTakeover': true},
          everything,
          {'client_no_context_takeover'},
        ),
        (
          'with a small window of the server',
          {'threshold': 0, 'serverMaxWindowBits': 9},
          everything,
          {'server_max_window_bits=9'},
        ),
        (
          'with a small window of the client',
          {'threshold': 0, 'clientMaxWindowBits': 9},
          everything,
          {'client_max_window_bits=9'},
        ),
        (
          'with all limits',
          {
            'threshold': 0,
            'serverNoContextTakeover': true,
            'clientNoContextTakeover': true,
            'serverMaxWindowBits': 10,
            'clientMaxWindowBits': 11,
          },
          everything,
          {
            'server_no_context_takeover',
            'client_no_context_takeover',
            'server_max_window_bits=10',
            'client_max_window_bits=11',
          },
        ),
        for (final (request, parameters) in requests)
          (
            'asked for ${parameters.join(', ')}',
            {'threshold': 0},
            WebSocketOptions(compression: request),
            parameters,
          ),
      ]) {
        for (final (manner, exchange, times) in [
          ('messages', exchange, 2),
          ('fragments with pings in between', exchangeFragments, 1),
        ]) {
          test('$name echoes $manner', () async {
            final server = await serve(atServer);
            final url = Uri.parse(await server.url);
            final socket = await RustWebSocket.connect(url, options: options);
            expect(parametersIn(socket.extensions), parameters);
            expect(
              await server.line,
              'extensions: ${parameters == null ? 'none' : socket.extensions}',
            );
            await exchange(socket);
            final [_, received, _] = (await server.line).split(' ');
            final share = int.parse(received) / (times * sizeOfMessages);
            // A third of it does not become smaller.
            expect(share, parameters == null ? greaterThan(1) : lessThan(0.4));
            expect(await server.line, 'closed: 1000 bye');
          });
        }
      }

      test('that rejects the offer fails the connect', () async {
        final server = await serve({'serverNoContextTakeover': false});
        final connecting = RustWebSocket.connect(
          Uri.parse(await server.url),
          options: const WebSocketOptions(
            compression: DeflateOptions(serverNoContextTakeover: true),
          ),
        );
        await expectLater(
          connecting,
          throwsA(
            isA<UpgradeRefusedException>().having(
              (it) => it.statusCode,
              'statusCode',
              400,
            ),
          ),
        );
      });
    },
    skip: node == null
        ? 'NODE is not set: run `cargo xtask test peers`'
        : false,
    timeout: const Timeout(Duration(minutes: 2)),
  );
}
