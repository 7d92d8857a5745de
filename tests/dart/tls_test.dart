// wss, with the echo server of tests/server and dart:io's.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

void main() {
  final echoServer = Platform.environment['ECHO_SERVER'];

  late Process server;
  late Directory folder;
  late Uri url;
  late List<int> authority;

  setUpAll(() async {
    folder = await Directory.systemTemp.createTemp('rust_web_socket');
    final file = File('${folder.path}/authority.pem');
    server = await Process.start(echoServer!, [
      '--until-stdin-closes',
      '--tls-authority',
      file.path,
    ]);
    server.stderr.listen(stderr.add);
    final lines = server.stdout
        .transform(utf8.decoder)
        .transform(const LineSplitter());
    url = Uri.parse((await lines.first).split(' ').last);
    authority = await file.readAsBytes();
  });

  tearDownAll(() async {
    server.kill();
    await folder.delete(recursive: true);
  });

  WebSocketOptions tls(TlsOptions options) => WebSocketOptions(tls: options);

  Future<TlsHandshakeException> failure(WebSocketOptions options) async {
    final channel = RustWebSocketChannel.connect(url, options: options);
    channel.stream.listen(null, onError: (_) {});
    try {
      await channel.ready;
    } on WebSocketChannelException catch (error) {
      return error.inner! as TlsHandshakeException;
    }
    fail('it is open');
  }

  test('an added authority is trusted, and messages pass', () async {
    final channel = RustWebSocketChannel.connect(
      url,
      options: tls(TlsOptions(roots: [authority])),
    );
    final messages = <Object>['Hello', '你好', List.filled(1 << 20, 7)];
    messages.forEach(channel.sink.add);
    expect(await channel.stream.take(3).toList(), messages);
    await channel.sink.close(1000);
    expect((await channel.ended).isClean, isTrue);
  });

  test('a server that is not trusted is a HandshakeException', () async {
    final error = await failure(const WebSocketOptions());
    expect(error, isA<HandshakeException>());
    expect(error.failure, TlsFailure.untrusted);
    expect(error.message, contains('127.0.0.1:${url.port}'));
  });

  test('a certificate for another host has its own failure', () async {
    final error = await failure(
      tls(TlsOptions(roots: [authority], serverName: 'example.org')),
    );
    expect(error.failure, TlsFailure.wrongHost);
  });

  // The first is for Android, and Linux has no verifier of its own.
  test('options for other platforms do not change whom Linux trusts', () async {
    for (final verifier in CertificateVerifier.values) {
      final trusting = TlsOptions(
        roots: [authority],
        userRoots: true,
        verifier: verifier,
      );
      final channel = RustWebSocketChannel.connect(url, options: tls(trusting));
      await channel.ready;
      await channel.sink.close();
      final error = await failure(
        tls(TlsOptions(userRoots: true, verifier: verifier)),
      );
      expect(error.failure, TlsFailure.untrusted);
    }
  }, testOn: 'linux');

  test('a key that is not pinned has its own failure', () async {
    final error = await failure(
      tls(TlsOptions(roots: [authority], pins: [List.filled(32, 7)])),
    );
    expect(error.failure, TlsFailure.pinMismatch);
  });

  test('dangerouslyAcceptAnyCertificate accepts any certificate', () async {
    final channel = RustWebSocketChannel.connect(
      url,
      options: tls(
        const TlsOptions(
          onlyTheseRoots: true,
          dangerouslyAcceptAnyCertificate: true,
        ),
      ),
    );
    await channel.ready;
    await channel.sink.close();
  });

  test('an invalid option is named', () async {
    for (final (options, name) in [
      (TlsOptions(roots: [utf8.encode('no certificate')]), 'tls.roots'),
      (
        TlsOptions(
          identity: ClientIdentity(
            certificates: authority,
            privateKey: const [1],
          ),
        ),
        'tls.identity.privateKey',
      ),
      (const TlsOptions(serverName: 'a b'), 'tls.serverName'),
    ]) {
      await expectLater(
        RustWebSocket.connect(url, options: tls(options)),
        throwsA(
          isA<InvalidRequestException>().having(
            (error) => error.message,
            'message',
            contains(name),
          ),
        ),
      );
    }
    expect(
      () => RustWebSocketChannel.connect(
        url,
        options: tls(
          const TlsOptions(
            pins: [
              [1, 2],
            ],
          ),
        ),
      ),
      throwsArgumentError,
    );
  });

  test('a connect timeout also limits the TLS handshake', () async {
    final silent = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final gone = Completer<void>();
    silent.listen((socket) {
      addTearDown(socket.destroy);
      socket.listen(
        (_) {},
        onDone: () => gone.isCompleted ? null : gone.complete(),
        onError: (Object _) {},
      );
    });
    // A busy machine may not even have dialled within the first of them.
    for (var ms = 100; !gone.isCompleted; ms *= 2) {
      await expectLater(
        RustWebSocket.connect(
          Uri.parse('wss://127.0.0.1:${silent.port}'),
          connectTimeout: Duration(milliseconds: ms),
        ),
        throwsA(isA<ConnectTimeoutException>()),
      );
      await pumpEventQueue();
    }
    await silent.close();
  });
}
