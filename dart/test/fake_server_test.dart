// The fakes that users test their own code with.
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart';

void main() {
  test('a server echoes', () async {
    final server = FakeServer(
      onConnect: (peer) => peer.stream.listen(peer.sink.add),
      protocol: 'echo',
    );
    final client = server.connect();
    client.sink.add('before it is open');
    await client.ready;
    expect(client.protocol, 'echo');
    expect(await client.stream.first, 'before it is open');
    await client.sink.close();
    expect(client.closeInfo?.isClean, isTrue);
  });

  test('a server refuses', () async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('refused');
    await expectLater(
      server.connectWebSocket(),
      throwsA(isA<ConnectionRefusedException>()),
    );
    server.refusal = null;
    final socket = await server.connectWebSocket();
    expect(socket.readyState, RustWebSocket.open);
    await socket.close();
  });

  test('a line is dropped', () async {
    final peers = <RustWebSocketChannel>[];
    final server = FakeServer(onConnect: peers.add);
    final socket = await server.connectWebSocket();
    server.dropConnections();
    expect(await socket.events.toList(), [CloseReceived(1006)]);
    await peers.single.stream.drain<void>();
    expect(peers.single.closeCode, 1006);
  });

  test('a line that is dropped is made again', () async {
    final server = FakeServer(
      onConnect: (peer) => peer.stream.listen(peer.sink.add),
    );
    final client = server.connectReconnecting(
      reconnect: const ReconnectOptions(
        backoff: BackoffOptions(start: Duration(milliseconds: 1)),
      ),
    );
    await client.ready;
    server.dropConnections();
    await client.states.firstWhere((state) => state is LineWaiting);
    client.sink.add('queued');
    expect(await client.stream.first, 'queued');
    await client.sink.close();
    expect(client.state, isA<LineClosed>());
  });

  test('close codes reach the other side', () async {
    final (:client, :server) = connectedChannels();
    client.sink.add('last');
    await client.sink.close(3001, 'bye');
    expect(await server.stream.toList(), ['last']);
    expect((server.closeCode, server.closeReason), (3001, 'bye'));
    expect(server.closeInfo?.initiator, CloseInitiator.remote);
    expect(client.closeInfo?.initiator, CloseInitiator.local);
  });
}
