/// Fakes for unit tests of code that uses this package. They need no network
/// and no native library, and don't wait.
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
/// [FakeServer.controls] sets statistics, round trips and other observed
/// values:
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
