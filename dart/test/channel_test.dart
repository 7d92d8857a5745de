// The rules of the channel's stream and sink, over fakes: no network, no
// native library.
import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:stream_channel/stream_channel.dart';
import 'package:test/test.dart';

void main() {
  group('the sink', () {
    test('is one object', () {
      final channel = FakeServer().connect();
      expect(channel.sink, same(channel.sink));
    });

    test('rejects a message of another type, and stays usable', () async {
      final (:client, :server) = connectedChannels();
      for (final message in [1, null, Object(), DateTime.now()]) {
        expect(() => client.sink.add(message), throwsArgumentError);
      }
      client.sink.add('fine');
      expect(await server.stream.first, 'fine');
    });

    test('throws on add after close', () async {
      final (:client, server: _) = connectedChannels();
      final closed = client.sink.close();
      expect(() => client.sink.add('late'), throwsStateError);
      expect(() => client.sink.addError('late'), throwsStateError);
      expect(
        () => client.sink.addStream(Stream.value('late')),
        throwsStateError,
      );
      await closed;
    });

    test('drops messages after the peer has closed', () async {
      final (:client, :server) = connectedChannels();
      await server.sink.close(1000);
      await client.sink.done;
      client.sink
        ..add('late')
        ..addError('late');
      await client.sink.addStream(Stream.value('late'));
      await client.sink.close();
      expect(client.closeCode, 1000);
    });

    test('throws on other calls during addStream', () async {
      final (:client, :server) = connectedChannels();
      final source = StreamController<Object>();
      final added = client.sink.addStream(source.stream);
      expect(() => client.sink.add('x'), throwsStateError);
      expect(() => client.sink.addError('x'), throwsStateError);
      expect(
        () => client.sink.addStream(const Stream.empty()),
        throwsStateError,
      );
      expect(() => client.sink.close(), throwsStateError);
      source.add('a');
      unawaited(source.close());
      await added;
      client.sink.add('b');
      expect(await server.stream.take(2).toList(), ['a', 'b']);
      await client.sink.close();
    });

    test('is usable after addStream of a stream that has a listener', () async {
      final (:client, :server) = connectedChannels();
      final source = StreamController<Object>();
      source.stream.listen(null);
      expect(() => client.sink.addStream(source.stream), throwsStateError);
      client.sink.add('a');
      await client.sink.close(1000);
      expect(await server.stream.toList(), ['a']);
    });

    test('cancels the added stream when the connection is lost', () async {
      final server = FakeServer();
      final client = server.connect();
      await client.ready;
      final cancelled = Completer<void>();
      final source = StreamController<Object>(onCancel: cancelled.complete);
      final added = client.sink.addStream(source.stream);
      server.dropConnections();
      await cancelled.future;
      await added;
    });

    test('does not wait for a stream that is slow to cancel', () async {
      final server = FakeServer();
      final client = server.connect();
      await client.ready;
      final source = StreamController<Object>(
        onCancel: () => Completer<void>().future,
      );
      unawaited(client.sink.addStream(source.stream));
      server.dropConnections();
      await client.stream.drain<void>();
      client.sink.add('late');
      await client.sink.close();
    });

    test('closes the channel on addError, whose error `done` has', () async {
      final (:client, :server) = connectedChannels();
      await client.ready;
      client.sink.addError('broken');
      expect(await client.stream.toList(), isEmpty);
      await expectLater(client.sink.done, throwsA('broken'));
      client.sink.add('dropped');
      await expectLater(client.sink.close(), throwsA('broken'));
      expect(await server.stream.toList(), isEmpty);
      expect(server.closeCode, 1005);
      expect(client.closeCode, isNull);
    });

    test('closes the channel on an error of the added stream', () async {
      final (:client, :server) = connectedChannels();
      unawaited(
        client.sink.addStream(
          Stream.fromFutures([Future.value('first'), Future.error('broken')]),
        ),
      );
      await expectLater(client.sink.done, throwsA('broken'));
      expect(await server.stream.toList(), ['first']);
      expect(server.closeCode, 1005);
    });

    test('closes the channel on an invalid message in it', () async {
      final (:client, :server) = connectedChannels();
      unawaited(client.sink.addStream(Stream.fromIterable(['first', 2])));
      await expectLater(client.sink.done, throwsArgumentError);
      expect(await server.stream.toList(), ['first']);
    });

    test('reports no unhandled error without a listener', () async {
      final unhandled = <Object>[];
      await runZonedGuarded(() async {
        final (:client, :server) = connectedChannels();
        client.sink.addError('broken');
        await server.stream.drain<void>();
      }, (error, _) => unhandled.add(error));
      expect(unhandled, isEmpty);
    });
  });

  group('the stream', () {
    test('can be listened to once', () async {
      final (:client, server: _) = connectedChannels();
      client.stream.listen(null);
      expect(() => client.stream.listen(null), throwsStateError);
      await client.sink.close();
    });

    test('buffers messages until it is listened to', () async {
      final (:client, :server) = connectedChannels();
      server.sink
        ..add('a')
        ..add([1]);
      await server.sink.close(3000, 'bye');
      await client.sink.done;
      expect((client.closeCode, client.closeReason), (3000, 'bye'));
      expect(await client.stream.toList(), [
        'a',
        [1],
      ]);
    });

    test('delivers bytes as Uint8List', () async {
      final (:client, :server) = connectedChannels();
      server.sink.add(<int>[1, 2]);
      expect(await client.stream.first, isA<Uint8List>());
    });

    test('leaves the connection open when it is cancelled', () async {
      final (:client, :server) = connectedChannels();
      await client.stream.listen(null).cancel();
      server.sink.add('nobody hears it');
      client.sink.add('still here');
      expect(await server.stream.first, 'still here');
      expect(client.closeInfo, isNull);
      await client.sink.close();
    });
  });

  group('a failed connect', () {
    const refusal = HostLookupException('Failed host lookup');

    test('is reported to a later listener of the stream', () async {
      final channel = (FakeServer()..refusal = refusal).connect();
      await channel.sink.done;
      final errors = <Object>[];
      final done = Completer<void>();
      channel.stream.listen(null, onError: errors.add, onDone: done.complete);
      await done.future;
      expect((errors.single as WebSocketChannelException).inner, refusal);
    });

    test('completes a pending close', () async {
      final channel = (FakeServer()..refusal = refusal).connect();
      await channel.sink.close();
      await expectLater(
        channel.ready,
        throwsA(isA<WebSocketChannelException>()),
      );
    });
  });

  group('as a StreamChannel, it', () {
    test('can be transformed', () async {
      final (:client, :server) = connectedChannels();
      final loud = client.cast<String>().changeStream(
        (stream) => stream.map((text) => text.toUpperCase()),
      );
      server.sink.add('hello');
      expect(await loud.stream.first, 'HELLO');
    });

    test('can be piped', () async {
      final (:client, :server) = connectedChannels();
      final local = StreamChannelController<dynamic>();
      client.pipe(local.foreign);
      local.local.sink.add('out');
      expect(await server.stream.first, 'out');
      server.sink.add('in');
      expect(await local.local.stream.first, 'in');
    });
  });
}
