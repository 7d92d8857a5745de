// Batches that Rust has encoded, from inputs of a fuzzer. `cargo xtask test`
// and `cargo xtask fuzz` pass their paths.
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/src/close_info.dart';
import 'package:rust_web_socket/src/connection/connection.dart';
import 'package:rust_web_socket/src/exceptions/connect_exception.dart';
import 'package:rust_web_socket/src/native/incoming.dart';
import 'package:test/test.dart';

/// A batch as Rust posts it, and its messages.
final class _Case {
  _Case.read(File file)
    : _json = jsonDecode(file.readAsStringSync()) as Map<String, Object?>;

  final Map<String, Object?> _json;

  /// What the native port delivers.
  Object get posted {
    final records = base64.decode(_json['records']! as String);
    final payloads = _json['payloads']! as List<Object?>;
    if (payloads.isEmpty) return records;
    return [
      records,
      for (final payload in payloads) base64.decode(payload! as String),
    ];
  }

  List<Object> get messages => [
    for (final message in _json['messages']! as List<Object?>)
      switch (message) {
        {'binary': final String data} => base64.decode(data),
        _ => message! as String,
      },
  ];
}

final class _Listener implements ConnectionListener {
  final List<Object> messages = [];

  @override
  void guard(void Function() deliver) => deliver();

  @override
  void onMessage(Object message) => messages.add(message);

  @override
  void onDone() {}

  @override
  void onOpen(String? protocol, {String extensions = ''}) =>
      throw UnsupportedError('onOpen');

  @override
  void onFailed(ConnectException error) => throw UnsupportedError('onFailed');

  @override
  void onClosed(CloseInfo info) => throw UnsupportedError('onClosed');
}

/// `expect` compares a megabyte of numbers slowly.
bool _isSame(Object? one, Object? other) {
  if (one is! Uint8List || other is! Uint8List) return one == other;
  if (one.length != other.length) return false;
  for (var i = 0; i < one.length; i++) {
    if (one[i] != other[i]) return false;
  }
  return true;
}

void main() {
  final folder = Platform.environment['BATCHES'];

  test(
    'batches encoded by Rust are decoded',
    () {
      final files = Directory(folder!).listSync().cast<File>();
      expect(files, isNotEmpty);
      for (final file in files) {
        final batch = _Case.read(file);
        final listener = _Listener();
        var grants = 0;
        Incoming(listener, grant: () => grants++)
          ..isPaused = false
          ..add(batch.posted);

        final expected = batch.messages;
        expect(grants, 1, reason: file.path);
        expect(listener.messages.length, expected.length, reason: file.path);
        for (var i = 0; i < expected.length; i++) {
          expect(
            _isSame(listener.messages[i], expected[i]),
            isTrue,
            reason: '${file.path}, message $i',
          );
        }
      }
    },
    skip: folder == null
        ? 'BATCHES is not set: run `cargo xtask test batches`'
        : false,
  );
}
