import 'package:example_app/logic/failure.dart';
import 'package:example_app/logic/probe.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';

void main() {
  test('a running server is no failure, and the probe closes', () async {
    final peers = <RustWebSocketChannel>[];
    final server = FakeServer(onConnect: peers.add);
    final probe = Probe(server.connect);
    expect(probe.refusal, isNull);
    expect(await probe.failure, isNull);
    await peers.single.stream.drain<void>();
    expect(peers.single.closeInfo?.isClean, isTrue);
  });

  test('a missing server is a failure with its cause', () async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('127.0.0.1:1 refused');
    final failure = await Probe(server.connect).failure;
    expect(failure?.kind, FailureKind.connectionRefused);
    expect(failure?.detail, '127.0.0.1:1 refused');
  });

  test('an invalid address is a failure at once', () async {
    for (final address in ['nonsense', 'http://host.test', '::']) {
      final probe = Probe(() => RustWebSocketChannel.connect(address));
      expect(probe.refusal?.kind, FailureKind.badAddress, reason: address);
      expect(await probe.failure, same(probe.refusal));
    }
  });
}
