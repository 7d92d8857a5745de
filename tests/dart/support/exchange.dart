import 'dart:async';
import 'dart:convert';
import 'dart:math';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

const _mebibyte = 1024 * 1024;

/// Options that offer compression of every message.
const everything = WebSocketOptions(compression: DeflateOptions(threshold: 0));

/// What a client may ask for, and the parameters (RFC 7692 section 7.1) with
/// which a server grants it.
const requests = [
  (
    DeflateOptions(threshold: 0, level: 9, serverNoContextTakeover: true),
    {'server_no_context_takeover'},
  ),
  (
    DeflateOptions(threshold: 0, clientNoContextTakeover: true),
    {'client_no_context_takeover'},
  ),
  (
    DeflateOptions(threshold: 0, serverMaxWindowBits: 9),
    {'server_max_window_bits=9'},
  ),
  (
    DeflateOptions(threshold: 0, clientMaxWindowBits: 9),
    {'client_max_window_bits=9'},
  ),
  (
    DeflateOptions(
      threshold: 0,
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 11,
    ),
    {
      'server_no_context_takeover',
      'client_no_context_takeover',
      'server_max_window_bits=10',
      'client_max_window_bits=11',
    },
  ),
];

/// The parameters of permessage-deflate, in any order, in the [header] that a
/// server answers with; null if it declines.
Set<String>? parametersIn(String header) {
  if (header.isEmpty) return null;
  final [name, ...parameters] = header.split('; ');
  expect(name, 'permessage-deflate');
  return parameters.toSet();
}

/// Messages of every kind and size, some of which become much smaller by
/// compression and some of which don't.
final List<Object> messages = [
  '',
  Uint8List(0),
  'Grüße, 你好 🎉',
  for (var i = 0; i < 20; i++) _json(i, 4096),
  'all the same, all the same, ' * (_mebibyte ~/ 28),
  Uint8List(_mebibyte),
  _random(_mebibyte),
  base64.encode(_random(3 * 1024)),
];

/// The payload of all [messages], in bytes.
final int sizeOfMessages = [
  for (final message in messages)
    message is String ? utf8.encode(message).length : (message as List).length,
].reduce((a, b) => a + b);

/// A text like what an app sends: the same words, other values.
String _json(int seed, int size) {
  final random = Random(seed);
  final items = <Map<String, Object>>[];
  var text = '';
  while (text.length < size) {
    items.add({
      'identifier': random.nextInt(1 << 32),
      'name': 'name ${random.nextInt(100)}',
      'price': random.nextDouble(),
    });
    text = json.encode(items);
  }
  return text;
}

Uint8List _random(int size) {
  final random = Random(size);
  return Uint8List.fromList([
    for (var i = 0; i < size; i++) random.nextInt(256),
  ]);
}

/// Sends [messages] to a server that echoes, all at once and then one by one,
/// and closes.
Future<void> exchange(RustWebSocket socket) async {
  final events = StreamIterator(socket.events);
  for (final message in messages) {
    _send(socket, message);
  }
  for (final message in messages) {
    await _expectNext(events, message);
  }
  for (final message in messages) {
    _send(socket, message);
    await _expectNext(events, message);
  }
  await socket.close(1000, 'bye');
}

/// Has a server of `tests/peers` echo in fragments, with pings in between, and
/// closes.
Future<void> exchangeFragments(RustWebSocket socket) async {
  final events = StreamIterator(socket.events);
  const count = 5;
  // The first two are too short.
  for (final message in messages.skip(2)) {
    socket.sendText('in $count fragments');
    _send(socket, message);
    await _expectNext(events, message);
    await _expectNext(events, '$count pongs');
  }
  await socket.close(1000, 'bye');
}

void _send(RustWebSocket socket, Object message) => switch (message) {
  final String text => socket.sendText(text),
  _ => socket.sendBytes(message as Uint8List),
};

/// Compares without a matcher, whose description of a megabyte takes for ever.
Future<void> _expectNext(
  StreamIterator<WebSocketEvent> events,
  Object message,
) async {
  expect(await events.moveNext(), isTrue);
  switch ((events.current, message)) {
    case (TextDataReceived(:final text), final String expected):
      expect(text.length, expected.length);
      expect(text == expected, isTrue, reason: 'The text was changed');
    case (BinaryDataReceived(:final data), final Uint8List expected):
      expect(data.length, expected.length);
      for (var i = 0; i < data.length; i++) {
        if (data[i] != expected[i]) fail('Byte $i was changed');
      }
    case (final event, _):
      fail('$event instead of a ${message.runtimeType}');
  }
}
