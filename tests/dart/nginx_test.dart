// wss through nginx, which `cargo xtask test` starts before an echo server.
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

void main() {
  final environment = Platform.environment;
  final authorityFile = environment['NGINX_AUTHORITY'];
  final skip = authorityFile == null
      ? 'NGINX_AUTHORITY is not set: run `cargo xtask test nginx`'
      : false;

  WebSocketOptions trusting() => WebSocketOptions(
    tls: TlsOptions(roots: [File(authorityFile!).readAsBytesSync()]),
  );

  for (final (version, variable) in [
    ('TLS 1.2', 'NGINX_TLS_1_2'),
    ('TLS 1.3', 'NGINX_TLS_1_3'),
  ]) {
    group('with $version,', () {
      final url = environment[variable] ?? '';

      test('text, binary and a large message are echoed', () async {
        final channel = RustWebSocketChannel.connect(url, options: trusting());
        final large = Uint8List.fromList(
          List.generate(4 << 20, (i) => i * 31 >> 3),
        );
        final messages = <Object>[
          'Hello',
          '你好',
          '',
          Uint8List.fromList([0, 255]),
          large,
        ];
        messages.forEach(channel.sink.add);
        expect(await channel.stream.take(messages.length).toList(), messages);
        await channel.sink.close(1000, 'bye');
        final info = await channel.ended;
        expect((info.code, info.reason, info.isClean), (1000, 'bye', true));
      });

      test('a server that is not trusted is rejected', () async {
        await expectLater(
          RustWebSocket.connect(Uri.parse(url)),
          throwsA(
            isA<TlsHandshakeException>().having(
              (error) => error.failure,
              'failure',
              TlsFailure.untrusted,
            ),
          ),
        );
      });

      test('a refusal of nginx has its status and body', () async {
        await expectLater(
          RustWebSocket.connect(
            Uri.parse('$url/forbidden'),
            options: trusting(),
          ),
          throwsA(
            isA<UpgradeRefusedException>()
                .having((error) => error.statusCode, 'statusCode', 403)
                .having(
                  (error) => String.fromCharCodes(error.body),
                  'body',
                  'not for you',
                ),
          ),
        );
      });
    }, skip: skip);
  }
}
