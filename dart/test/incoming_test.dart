// The decoder of the batches that Rust posts.
import 'dart:convert';
import 'dart:typed_data';

import 'package:rust_web_socket/src/native/incoming.dart';
import 'package:test/test.dart';

const _ascii = 0;
const _utf8 = 1;
const _binary = 2;
const _detached = 0x80;

/// A record as rust/bridge/src/ffi/port.rs writes it.
List<int> record(int kind, List<int> payload) => [
  kind,
  for (var shift = 0; shift < 32; shift += 8) (payload.length >> shift) & 0xff,
  ...payload,
];

Uint8List batch(List<List<int>> records) =>
    Uint8List.fromList([for (final record in records) ...record]);

void main() {
  late List<Object> messages;
  late int grants;
  late int drained;
  late Incoming incoming;

  setUp(() {
    messages = [];
    grants = 0;
    drained = 0;
    incoming = Incoming(messages.add, () => grants++, () => drained++)
      ..isPaused = false;
  });

  test('records become messages, in order', () {
    incoming.add(
      batch([
        record(_ascii, 'Hello'.codeUnits),
        record(_utf8, utf8.encode('你好')),
        record(_binary, [1, 2, 255]),
        record(_ascii, []),
        record(_binary, []),
      ]),
    );
    expect(messages, [
      'Hello',
      '你好',
      [1, 2, 255],
      '',
      isEmpty,
    ]);
    expect(messages[2], isA<Uint8List>());
    expect(grants, 1);
  });

  test('payloads beside the batch take their turn', () {
    incoming.add([
      batch([
        record(_ascii, 'one'.codeUnits),
        record(_binary | _detached, []),
        record(_ascii | _detached, []),
        record(_utf8 | _detached, []),
        record(_ascii, 'five'.codeUnits),
      ]),
      Uint8List.fromList([2]),
      ascii.encode('three'),
      utf8.encode('viér'),
    ]);
    expect(messages, [
      'one',
      [2],
      'three',
      'viér',
      'five',
    ]);
    expect(grants, 1);
  });

  test('a length takes all its four bytes', () {
    final long = Uint8List(70000)..[69999] = 7;
    incoming.add(batch([record(_binary, long), record(_ascii, 'x'.codeUnits)]));
    expect((messages[0] as Uint8List).last, 7);
    expect(messages[1], 'x');
  });

  test('nothing is delivered or granted before it may be', () {
    incoming
      ..isPaused = true
      ..add(batch([record(_ascii, 'a'.codeUnits)]))
      ..add(batch([record(_ascii, 'b'.codeUnits)]));
    expect(messages, isEmpty);
    expect(grants, 0);
    incoming
      ..isPaused = false
      ..deliver();
    expect(messages, ['a', 'b']);
    expect(grants, 2);
  });

  test('a listener that pauses gets the rest of the batch later, once', () {
    final pausing = <Object>[];
    late final Incoming incoming;
    incoming = Incoming(
      (message) {
        pausing.add(message);
        incoming.isPaused = true;
      },
      () => grants++,
      () => drained++,
    )..isPaused = false;
    incoming
      ..add(
        batch([
          record(_ascii, 'a'.codeUnits),
          record(_ascii, 'b'.codeUnits),
        ]),
      )
      ..end();
    expect(pausing, ['a']);
    expect(grants, 0);
    incoming
      ..isPaused = false
      ..deliver();
    expect(pausing, ['a', 'b']);
    expect(grants, 1);
    expect(drained, 0, reason: 'the listener has paused again');
    incoming
      ..isPaused = false
      ..deliver();
    expect(drained, 1);
  });

  test('a listener that throws does not get the message again', () {
    final seen = <Object>[];
    final incoming = Incoming(
      (message) {
        seen.add(message);
        if (message == 'bad') throw StateError('listener');
      },
      () => grants++,
      () => drained++,
    )..isPaused = false;
    final records = batch([
      record(_ascii, 'bad'.codeUnits),
      record(_ascii, 'good'.codeUnits),
    ]);
    expect(() => incoming.add(records), throwsStateError);
    incoming.deliver();
    expect(seen, ['bad', 'good']);
    expect(grants, 1);
  });

  test('what is discarded is granted, so that the end can be read', () {
    incoming
      ..isPaused = true
      ..add(batch([record(_ascii, 'a'.codeUnits)]))
      ..discard()
      ..add(batch([record(_ascii, 'b'.codeUnits)]))
      ..end();
    expect(messages, isEmpty);
    expect(grants, 2);
    expect(drained, 1);
  });

  test('the end waits for the messages before it', () {
    incoming
      ..isPaused = true
      ..add(batch([record(_ascii, 'a'.codeUnits)]))
      ..end();
    expect(drained, 0);
    incoming
      ..isPaused = false
      ..deliver();
    expect(messages, ['a']);
    expect(drained, 1);
    incoming.deliver();
    expect(drained, 1);
  });
}
