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
library;

export 'src/testing/fake_server.dart' show FakeServer, connectedChannels;
