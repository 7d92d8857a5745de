/// Fakes to unit-test code that uses this package: no network, no native
/// library, no waiting.
///
/// ```dart
/// final server = FakeServer(
///   onConnect: (peer) => peer.stream.listen(peer.sink.add),
/// );
/// final client = server.connect();
/// client.sink.add('Hello');
/// expect(await client.stream.first, 'Hello');
/// ```
///
/// Its [FakeServer.controls] say what statistics, round trips and the like are:
///
/// ```dart
/// final server = FakeServer();
/// server.controls
///   ..stats = const WebSocketStats(bytesSent: 1000)
///   ..roundTrip = const Duration(milliseconds: 80);
/// final client = server.connect();
/// expect(await client.ping(), const Duration(milliseconds: 80));
/// expect(client.stats?.bytesSent, 1000);
/// ```
library;

export 'src/testing/fake_controls.dart' show FakeControls;
export 'src/testing/fake_server.dart' show FakeServer, connectedChannels;
