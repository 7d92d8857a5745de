// The decoder of the batches that Rust posts.
import 'dart:async';
import 'dart:convert';
import 'dart:typed_data';

import 'package:rust_web_socket/src/close_info.dart';
import 'package:rust_web_socket/src/connection/connection.dart';
import 'package:rust_web_socket/src/exceptions/connect_exception.dart';
import 'package:rust_web_socket/src/native/incoming.dart';
import 'package:test/test.dart';

const _ascii = 0;
const _utf16 = 1;
const _binary = 2;
const _padding = 3;
const _detached = 0x80;

/// A record as rust/bridge/src/ffi/batch.rs writes it.
List<int> record(int kind, List<int> payload) => [
  kind,
  for (var shift = 0; shift < 32; shift += 8) (payload.length >> shift) & 0xff,
  ...payload,
];

Uint8List units(String text) =>
    Uint8List.sublistView(Uint16List.fromList(text.codeUnits));

Uint8List batch(List<List<int>> records) =>
    Uint8List.fromList([for (final record in records) ...record]);

/// Collects messages, and the errors that [onEach] throws.
final class _Listener implements ConnectionListener {
  final List<Object> messages = [];
  final List<Object> errors = [];
  int done = 0;
  void Function(Object message) onEach = (_) {};

  @override
  void guard(void Function() deliver) =>
      runZonedGuarded(deliver, (error, _) => errors.add(error));

  @override
  void onMessage(Object message) {
    messages.add(message);
    onEach(message);
  }

  @override
  void onDone() => done++;

  @override
  void onOpen(String? protocol, {String extensions = ''}) =>
      throw UnsupportedError('onOpen');

  @override
  void onFailed(ConnectException error) => throw UnsupportedError('onFailed');

  @override
  void onClosed(CloseInfo info) => throw UnsupportedError('onClosed');
}

void main() {
  late _Listener listener;
  late int grants;
  late Incoming incoming;

  setUp(() {
    listener = _Listener();
    grants = 0;
    incoming = Incoming(listener, grant: () => grants++)..isPaused = false;
  });

  test('has room until 256 KiB wait, also beside their batches', () {
    incoming.isPaused = true;
    final half = Uint8List(128 * 1024 - 5);
    expect(incoming.hasRoom, isTrue);
    incoming.add(batch([record(_binary, half)]));
    incoming.add([
      batch([record(_binary | _detached, [])]),
      half,
    ]);
    expect(incoming.hasRoom, isTrue);
    incoming.add(batch([record(_ascii, [])]));
    expect(incoming.hasRoom, isFalse);
    // Dropped, so Rust reads on.
    incoming.discard();
    expect(incoming.hasRoom, isTrue);
  });

  test('a batch that was delivered in part waits', () async {
    incoming.isPaused = true;
    incoming.add(
      batch([record(_ascii, []), record(_binary, Uint8List(300 * 1024))]),
    );
    listener.onEach = (_) => incoming.isPaused = true;
    incoming.isPaused = false;
    await Future<void>.delayed(Duration.zero);
    expect(listener.messages, ['']);
    expect(incoming.hasRoom, isFalse);
    incoming.isPaused = false;
    await Future<void>.delayed(Duration.zero);
    expect(listener.messages, hasLength(2));
  });

  test('records become messages, in order', () {
    incoming.add(
      batch([
        record(_ascii, 'Hello'.codeUnits),
        [_padding],
        record(_utf16, units('你好')),
        record(_binary, [1, 2, 255]),
        record(_ascii, []),
        record(_binary, []),
      ]),
    );
    expect(listener.messages, [
      'Hello',
      '你好',
      [1, 2, 255],
      '',
      isEmpty,
    ]);
    expect(listener.messages[2], isA<Uint8List>());
    expect(grants, 1);
  });

  test('detached payloads are delivered in order', () {
    incoming.add([
      batch([
        record(_ascii, 'one'.codeUnits),
        record(_binary | _detached, []),
        record(_ascii | _detached, []),
        record(_utf16 | _detached, []),
        record(_ascii, 'five'.codeUnits),
      ]),
      Uint8List.fromList([2]),
      ascii.encode('three'),
      units('viér'),
    ]);
    expect(listener.messages, [
      'one',
      [2],
      'three',
      'viér',
      'five',
    ]);
    expect(grants, 1);
  });

  test('a byte order mark is part of the text', () {
    final text = units('\ufeff你好');
    incoming.add([
      batch([
        [_padding],
        record(_utf16, text),
        record(_utf16 | _detached, []),
      ]),
      text,
    ]);
    expect(listener.messages, ['\ufeff你好', '\ufeff你好']);
  });

  test('a length has four bytes', () {
    final long = Uint8List(70000)..[69999] = 7;
    incoming.add(batch([record(_binary, long), record(_ascii, 'x'.codeUnits)]));
    expect((listener.messages[0] as Uint8List).last, 7);
    expect(listener.messages[1], 'x');
  });

  test('nothing is delivered or granted while paused', () {
    incoming
      ..isPaused = true
      ..add(batch([record(_ascii, 'a'.codeUnits)]))
      ..add(batch([record(_ascii, 'b'.codeUnits)]));
    expect(listener.messages, isEmpty);
    expect(grants, 0);
    incoming
      ..isPaused = false
      ..deliver();
    expect(listener.messages, ['a', 'b']);
    expect(grants, 2);
  });

  test('a listener that pauses gets the rest of a batch later, once', () {
    listener.onEach = (_) => incoming.isPaused = true;
    incoming
      ..add(
        batch([record(_ascii, 'a'.codeUnits), record(_ascii, 'b'.codeUnits)]),
      )
      ..end();
    expect(listener.messages, ['a']);
    expect(grants, 0);
    incoming
      ..isPaused = false
      ..deliver();
    expect(listener.messages, ['a', 'b']);
    expect(listener.done, 0, reason: 'the listener has paused again');
    expect(grants, 0, reason: 'it is not done with the last message');
    incoming
      ..isPaused = false
      ..deliver();
    expect(listener.done, 1);
    expect(grants, 1);
  });

  test('a listener that throws gets each message once', () {
    listener.onEach = (message) {
      if (message != 'good') throw StateError('$message');
    };
    incoming.add(
      batch([
        record(_ascii, 'bad'.codeUnits),
        record(_ascii, 'good'.codeUnits),
        record(_ascii, 'worse'.codeUnits),
      ]),
    );
    expect(listener.messages, ['bad', 'good', 'worse']);
    expect(listener.errors, [isA<StateError>(), isA<StateError>()]);
    expect(grants, 1);
  });

  test('discarded batches return their credit', () {
    incoming
      ..isPaused = true
      ..add(batch([record(_ascii, 'a'.codeUnits)]))
      ..discard()
      ..add(batch([record(_ascii, 'b'.codeUnits)]))
      ..end();
    expect(listener.messages, isEmpty);
    expect(grants, 2);
    expect(listener.done, 1);
  });

  test('the end waits for the messages before it', () {
    incoming
      ..isPaused = true
      ..add(batch([record(_ascii, 'a'.codeUnits)]))
      ..end();
    expect(listener.done, 0);
    incoming
      ..isPaused = false
      ..deliver();
    expect(listener.messages, ['a']);
    expect(listener.done, 1);
    incoming.deliver();
    expect(listener.done, 1);
  });
}
