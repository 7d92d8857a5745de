// The results of messages without a connection, and of those that were in
// flight when it was lost.
import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/reconnect/outgoing_message.dart';
import 'package:test/test.dart';

import 'support/fake_time.dart';
import 'support/test_connections.dart';

void main() {
  late FakeTime time;
  late TestConnections connections;
  late List<SendResult> results;

  setUp(() {
    time = FakeTime();
    connections = TestConnections(time);
    results = [];
  });
  tearDown(() => expect(time.unhandled, isEmpty));

  ReconnectingWebSocketChannel connect(QueueOptions queue) =>
      connections.connect(reconnect: ReconnectOptions(queue: queue));

  void send(ReconnectingWebSocketChannel channel, Object message) =>
      time.run(() => channel.send(message).then(results.add));

  List<(Object, SendResult)> unsent() => [
    for (final it in connections.unsent) (it.message, it.result),
  ];

  group('the queue', () {
    test('keeps the order, and a copy of bytes', () {
      final channel = connect(const QueueOptions());
      final bytes = Uint8List.fromList([1]);
      time.run(() {
        channel.sink
          ..add('a')
          ..add(bytes)
          ..add('c');
      });
      bytes[0] = 9;
      expect(channel.bufferedAmount, 3);
      connections.last.open();
      expect(connections.last.sent, [
        'a',
        [1],
        'c',
      ]);
      expect(channel.bufferedAmount, 0);
    });

    test('drops the oldest', () {
      final channel = connect(const QueueOptions(maxMessages: 2));
      time.run(() => ['a', 'b', 'c'].forEach(channel.sink.add));
      expect(unsent(), [('a', SendResult.dropped)]);
      connections.last.open();
      expect(connections.last.sent, ['b', 'c']);
    });

    test('drops the oldest until a message fits', () {
      final channel = connect(const QueueOptions(maxBytes: 4));
      time.run(() => ['aa', 'b', 'c', 'ddd'].forEach(channel.sink.add));
      expect(unsent(), [('aa', SendResult.dropped), ('b', SendResult.dropped)]);
      expect(channel.bufferedAmount, 4);
    });

    test('drops only a message that is larger than the queue', () {
      final channel = connect(const QueueOptions(maxBytes: 4));
      time.run(() => ['aa', 'bbbbb'].forEach(channel.sink.add));
      expect(unsent(), [('bbbbb', SendResult.dropped)]);
      expect(channel.bufferedAmount, 2);
    });

    test('drops the newest', () {
      final channel = connect(
        const QueueOptions(maxMessages: 2, policy: QueuePolicy.dropNewest),
      );
      time.run(() => ['a', 'b', 'c'].forEach(channel.sink.add));
      expect(unsent(), [('c', SendResult.dropped)]);
      connections.last.open();
      expect(connections.last.sent, ['a', 'b']);
    });

    test('throws QueueFullException with QueuePolicy.fail', () {
      final channel = connect(
        const QueueOptions(maxMessages: 1, policy: QueuePolicy.fail),
      );
      time.run(() => channel.sink.add('a'));
      expect(
        () => time.run(() => channel.sink.add('b')),
        throwsA(isA<QueueFullException>()),
      );
      send(channel, 'c');
      expect(results, [SendResult.dropped]);
      connections.last.open();
      expect(connections.last.sent, ['a']);
      time.run(() => channel.sink.add('b'));
      expect(connections.last.sent, ['a', 'b']);
    });

    test('with a limit of 0 drops everything', () {
      final channel = connect(const QueueOptions(maxMessages: 0));
      send(channel, 'a');
      expect(results, [SendResult.dropped]);
    });

    test('counts bytes of UTF-8', () {
      for (final text in ['', 'abc', 'é', '€', '😀', '\ud800', '\udc00x']) {
        expect(OutgoingMessage(text).size, utf8.encode(text).length);
      }
      expect(OutgoingMessage([1, 2, 3]).size, 3);
    });

    test('is dropped when the channel gives up', () {
      final channel = connect(const QueueOptions());
      send(channel, 'a');
      time.run(() => channel.sink.add('b'));
      connections.last.refuse(401);
      expect(results, [SendResult.closed]);
      expect(unsent(), [('b', SendResult.closed)]);
      send(channel, 'c');
      expect(results.last, SendResult.closed);
    });

    test('accepts messages in the turn in which the channel gives up', () {
      late ReconnectingWebSocketChannel channel;
      channel = connect(const QueueOptions());
      time.run(
        () => channel.states.listen((state) {
          if (state is ChannelClosed) channel.sink.add('late');
        }),
      );
      connections.last.refuse(401);
      expect(connections.isDone, isTrue);
    });
  });

  group('a message', () {
    test('is sent when the operating system has accepted it', () {
      final channel = connect(const QueueOptions());
      connections.last.open();
      send(channel, 'small');
      expect(results, [SendResult.sent]);
      expect(connections.unsent, isEmpty);
    });

    test('is sent when its own bytes were written', () {
      final channel = connect(const QueueOptions());
      connections.last
        ..open()
        ..bufferedAmount = 100;
      send(channel, 'a' * 40);
      send(channel, 'b' * 60);
      expect(results, isEmpty);
      connections.last.drain(61);
      expect(results, isEmpty);
      connections.last.drain(50);
      expect(results, [SendResult.sent]);
      connections.last.drain(0);
      expect(results, [SendResult.sent, SendResult.sent]);
    });

    test('in flight on a lost connection is not sent again', () {
      final channel = connect(const QueueOptions());
      connections.last
        ..open()
        ..bufferedAmount = 10;
      send(channel, 'a' * 10);
      time.run(() => channel.sink.add('b'));
      connections.last.drop();
      expect(results, [SendResult.lost]);
      expect(unsent(), [('b', SendResult.lost)]);
      connections.last.open();
      expect(connections.last.sent, isEmpty);
    });

    test('is lost on a connection that has ended unnoticed', () {
      final channel = connect(const QueueOptions());
      connections.last
        ..open()
        ..isWritable = false;
      send(channel, 'a');
      expect(results, isEmpty);
      connections.last.drop();
      expect(results, [SendResult.lost]);
    });

    test('in flight on a replaced connection is not sent again', () {
      final channel = connect(const QueueOptions());
      connections.last
        ..open()
        ..bufferedAmount = 10;
      send(channel, 'a' * 10);
      time.run(channel.reconnectNow);
      expect(results, [SendResult.lost]);
    });

    test('is sent before a clean close', () {
      final channel = connect(const QueueOptions());
      connections.last
        ..open()
        ..bufferedAmount = 10;
      send(channel, 'a' * 10);
      time.run(() => channel.sink.close());
      connections.last.end(1000, CloseInitiator.local);
      expect(results, [SendResult.sent]);
    });

    test('is text or bytes', () {
      final channel = connect(const QueueOptions());
      expect(() => channel.send(1), throwsArgumentError);
      expect(() => channel.sink.add(1), throwsArgumentError);
    });
  });

  group('a limit of what may be buffered', () {
    const limited = WebSocketOptions(maxBufferedAmount: 4);

    test('sends the queue in order while there is room', () {
      final channel = connections.connect(options: limited);
      for (final message in ['aaa', 'bb', 'cc', 'dddd']) {
        send(channel, message);
      }
      connections.last.open();
      expect(connections.last.sent, ['aaa']);
      expect(channel.bufferedAmount, 11);
      // Later messages are behind them.
      send(channel, 'e');
      expect(connections.last.sent, ['aaa']);
      connections.last.drain(2);
      expect(connections.last.sent, ['aaa', 'bb']);
      connections.last.drain(0);
      expect(connections.last.sent, ['aaa', 'bb', 'cc']);
      connections.last
        ..drain(0)
        ..drain(0);
      expect(connections.last.sent, ['aaa', 'bb', 'cc', 'dddd', 'e']);
      connections.last.drain(0);
      expect(results, List.filled(5, SendResult.sent));
    });

    test('keeps messages without room for the next connection', () {
      final channel = connections.connect(options: limited);
      send(channel, 'aaaa');
      send(channel, 'bbbb');
      connections.last.open();
      expect(connections.last.sent, ['aaaa']);
      connections.last.drop();
      expect(results, [SendResult.lost]);
      time.elapse(const Duration(seconds: 1));
      connections.last.open();
      expect(connections.last.sent, ['bbbb']);
      connections.last.drain(0);
      expect(results, [SendResult.lost, SendResult.sent]);
    });

    test('drops only a message that never fits', () {
      final channel = connections.connect(options: limited);
      send(channel, 'a');
      send(channel, 'bbbbb');
      send(channel, 'c');
      connections.last.open();
      connections.last.drain(0);
      expect(connections.last.sent, ['a', 'c']);
      expect(results, [SendResult.dropped, SendResult.sent, SendResult.sent]);
    });

    test('is a result of send, and an exception of add', () {
      final channel = connections.connect(options: limited);
      connections.last.open();
      send(channel, 'aaaa');
      send(channel, 'b');
      expect(results, [SendResult.dropped]);
      expect(
        () => time.run(() => channel.sink.add('b')),
        throwsA(isA<SendBufferFullException>()),
      );
      connections.last.drain(0);
      expect(results, [SendResult.dropped, SendResult.sent]);
      expect(connections.last.sent, ['aaaa']);
    });

    test('delays drained while messages wait for room', () {
      final channel = connections.connect(options: limited);
      var isDrained = false;
      time.run(() {
        channel.sink
          ..add('aaaa')
          ..add('bbbb');
        channel.connection.drained(0).then((_) => isDrained = true);
      });
      connections.last
        ..open()
        ..drain(0);
      expect(connections.last.sent, ['aaaa', 'bbbb']);
      expect(isDrained, isFalse);
      connections.last.drain(0);
      expect(isDrained, isTrue);
    });

    test('completes drained when the last message is sent', () {
      final channel = connections.connect(options: limited);
      send(channel, 'aaaa');
      send(channel, 'bbbb');
      connections.last.open();
      // It was written, but the listener is notified later.
      connections.last.bufferedAmount = 0;
      var isDrained = false;
      time.run(() => channel.flush().then((_) => isDrained = true));
      expect(isDrained, isFalse);
      connections.last.drain(0);
      expect(connections.last.sent, ['aaaa', 'bbbb']);
      expect(isDrained, isFalse);
      connections.last.drain(0);
      expect(isDrained, isTrue);
    });

    test('does not keep a close waiting', () {
      final channel = connections.connect(options: limited);
      send(channel, 'aaaa');
      send(channel, 'bbbb');
      connections.last.open();
      time.run(() => channel.sink.close(1000));
      expect(connections.last.sent, ['aaaa']);
      expect(connections.last.closedWith, 1000);
      connections.last.end(1000, CloseInitiator.local);
      expect(results, [SendResult.closed, SendResult.sent]);
    });
  });

  group('a stream that is added', () {
    test('waits without a connection, and loses nothing', () async {
      final channel = connect(const QueueOptions(maxMessages: 1));
      final source = time.run(StreamController<Object>.new);
      var isAdded = false;
      time.run(() {
        channel.sink.addStream(source.stream).then((_) => isAdded = true);
        ['a', 'b', 'c'].forEach(source.add);
      });
      expect(channel.bufferedAmount, 0);
      connections.last.open();
      expect(connections.last.sent, ['a', 'b', 'c']);
      time.elapse(const Duration(seconds: 5));
      connections.last.drop();
      time.run(() {
        ['d', 'e'].forEach(source.add);
        source.close();
      });
      connections.last.open();
      expect(connections.last.sent, ['d', 'e']);
      // The end of a cancel comes in the time of all tests.
      await pumpEventQueue();
      time.settle();
      expect(isAdded, isTrue);
      expect(connections.unsent, isEmpty);
    });

    test('waits for queued messages, and loses nothing', () {
      final channel = connections.connect(
        options: const WebSocketOptions(maxBufferedAmount: 4),
        reconnect: const ReconnectOptions(
          queue: QueueOptions(maxMessages: 2, policy: QueuePolicy.fail),
        ),
      );
      send(channel, 'aaaa');
      send(channel, 'bbbb');
      connections.last.open();
      expect(connections.last.sent, ['aaaa']);
      final source = time.run(StreamController<Object>.new);
      time.run(() {
        channel.sink.addStream(source.stream);
        ['c', 'd', 'e'].forEach(source.add);
      });
      connections.last.drain(0);
      expect(connections.last.sent, ['aaaa', 'bbbb']);
      connections.last.drain(0);
      expect(connections.last.sent, ['aaaa', 'bbbb', 'c', 'd', 'e']);
    });

    test('is refused if it has a listener, and the channel stays usable', () {
      final channel = connect(const QueueOptions());
      final source = StreamController<Object>();
      source.stream.listen(null);
      time.run(() {
        expect(() => channel.sink.addStream(source.stream), throwsStateError);
        channel.sink.close(1000);
      });
      connections.last.open();
      expect(connections.last.closedWith, 1000);
    });

    test('is cancelled when the channel gives up', () {
      final channel = connect(const QueueOptions());
      var isCancelled = false;
      final source = StreamController<Object>(
        onCancel: () => isCancelled = true,
      );
      time.run(() => channel.sink.addStream(source.stream));
      connections.last.open();
      connections.last.end(1000);
      expect(isCancelled, isTrue);
    });
  });
}
