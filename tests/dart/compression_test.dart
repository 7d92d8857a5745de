// permessage-deflate (RFC 7692) against dart:io's server.
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

const _onAtServer = CompressionOptions.compressionDefault;

void main() {
  final repetitive = 'WebSocket '.padRight(100000, 'echo 你好 ');
  final noise = Uint8List.fromList([
    for (var i = 0; i < 100000; i++) (i * 2654435761) >> 13 & 0xff,
  ]);

  for (final (description, options) in const [
    ('by default', DeflateOptions()),
    (
      'with limits for both sides',
      DeflateOptions(
        level: 9,
        threshold: 0,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 9,
      ),
    ),
  ]) {
    test('compressed messages pass both ways $description', () async {
      final url = await serveEcho(compression: _onAtServer);
      final channel = RustWebSocketChannel.connect(
        url,
        options: WebSocketOptions(compression: options),
      );
      final messages = <Object>[repetitive, noise, 'small', '', repetitive];
      messages.forEach(channel.sink.add);
      expect(await channel.stream.take(5).toList(), messages);
      expect(channel.extensions, startsWith('permessage-deflate'));
      await channel.sink.close();
    });
  }

  test('a server may decline', () async {
    final url = await serveEcho();
    final socket = await RustWebSocket.connect(url);
    expect(socket.extensions, '');
    socket.sendText(repetitive, compress: true);
    expect(await socket.events.first, TextDataReceived(repetitive));
    await socket.close();
  });

  test('nothing is offered when it is off', () async {
    final offers = <List<String>?>[];
    final url = await serveHttp((request) async {
      offers.add(request.headers['sec-websocket-extensions']);
      final socket = await WebSocketTransformer.upgrade(request);
      socket.listen(null);
    });
    for (final compression in const [DeflateOptions(), DeflateOptions.off()]) {
      final socket = await RustWebSocket.connect(
        url,
        options: WebSocketOptions(compression: compression),
      );
      await socket.close();
    }
    expect(offers, [
      ['permessage-deflate; client_max_window_bits'],
      null,
    ]);
  });

  test('each message may be compressed or not', () async {
    final socket = await RustWebSocket.connect(
      await serveEcho(compression: _onAtServer),
    );
    socket
      ..sendText(repetitive, compress: false)
      ..sendText('small', compress: true)
      ..sendBytes(noise, compress: false);
    final texts = [
      await for (final event in socket.events.take(2))
        (event as TextDataReceived).text,
    ];
    expect(texts, [repetitive, 'small']);
    await socket.close();
  });

  test(
    'a message that inflates to more than the limit ends with 1009',
    () async {
      final url = await serve(
        // Without a listener the socket would keep the program alive.
        (socket) => socket
          ..listen(null)
          ..add(Uint8List(10 * 1024 * 1024)),
        compression: _onAtServer,
      );
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(maxMessageSize: 100000),
      );
      expect(await channel.stream.toList(), isEmpty);
      expect(channel.closeCode, 1009);
    },
  );

  test('an invalid option is a RangeError with its name', () {
    void connect(DeflateOptions options) => RustWebSocketChannel.connect(
      'ws://localhost',
      options: WebSocketOptions(compression: options),
    );
    Matcher names(String name) => throwsA(
      isA<RangeError>().having((it) => it.name, 'name', endsWith(name)),
    );
    expect(() => connect(const DeflateOptions(level: 0)), names('level'));
    expect(
      () => connect(const DeflateOptions(threshold: -1)),
      names('threshold'),
    );
    expect(
      () => connect(const DeflateOptions(serverMaxWindowBits: 7)),
      names('serverMaxWindowBits'),
    );
    expect(
      () => connect(const DeflateOptions(clientMaxWindowBits: 16)),
      names('clientMaxWindowBits'),
    );
  });
}
