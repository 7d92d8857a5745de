// Compressed and plain exchange with servers on PyPI's websockets. `cargo xtask
// test` passes the path of its Python.
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/exchange.dart';
import 'support/program.dart';

void main() {
  final python = Platform.environment['PYTHON_WITH_WEBSOCKETS'];

  group(
    'websockets',
    () {
      for (final (name, atServer, options, parameters) in [
        ('that declines', null, everything, null),
        (
          'by default',
          <String, Object>{},
          const WebSocketOptions(),
          <String>{},
        ),
        ('with all compressed', <String, Object>{}, everything, <String>{}),
        (
          'without context takeover',
          {
            'server_no_context_takeover': true,
            'client_no_context_takeover': true,
          },
          everything,
          {'server_no_context_takeover', 'client_no_context_takeover'},
        ),
        (
          'with small windows',
          {'server_max_window_bits': 9, 'client_max_window_bits': 9},
          everything,
          {'server_max_window_bits=9', 'client_max_window_bits=9'},
        ),
        for (final (request, parameters) in requests)
          (
            'asked for ${parameters.join(', ')}',
            <String, Object>{},
            WebSocketOptions(compression: request),
            parameters,
          ),
      ]) {
        for (final (manner, exchange) in [
          ('messages', exchange),
          ('fragments with pings in between', exchangeFragments),
        ]) {
          test('$name echoes $manner', () async {
            final server = await Program.start(python!, [
              'tests/peers/websockets_echo_server.py',
              ...['--port', '0', '--compression', json.encode(atServer)],
            ]);
            final url = Uri.parse(await server.url);
            final socket = await RustWebSocket.connect(url, options: options);
            expect(parametersIn(socket.extensions), parameters);
            expect(
              await server.line,
              'extensions: ${parameters == null ? 'none' : socket.extensions}',
            );
            await exchange(socket);
            expect(await server.line, 'closed: 1000 bye');
          });
        }
      }
    },
    skip: python == null
        ? 'PYTHON_WITH_WEBSOCKETS is not set: run `cargo xtask test peers`'
        : false,
    timeout: const Timeout(Duration(minutes: 2)),
  );
}
