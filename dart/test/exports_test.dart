// Code that imports only the package can name its types, and they don't clash
// with the imports of a Flutter file.
import 'dart:io';
import 'dart:mirrors';

import 'package:rust_web_socket/io.dart' as io;
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';
import 'package:test/test.dart';

String _describe(WebSocketEvent event) => switch (event) {
  TextDataReceived(:final text) => 'text $text',
  BinaryDataReceived(:final data) => 'binary $data',
  CloseReceived(:final code, :final reason) => 'close $code $reason',
};

void main() {
  test('a switch over the events of a socket needs no default', () async {
    final server = FakeServer(
      onConnect: (peer) => peer.sink
        ..add('Hello')
        ..add([1, 2])
        ..close(1000, 'bye'),
    );
    final socket = await server.connectWebSocket();
    final events = await socket.events.map(_describe).toList();
    expect(events, ['text Hello', 'binary [1, 2]', 'close 1000 bye']);
  });

  test('all channels and sockets have ConnectionControls', () async {
    final server = FakeServer();
    final all = <ConnectionControls>[
      server.connect(),
      server.connectReconnecting(),
      await server.connectWebSocket(),
      await server.connectReconnectingWebSocket(),
    ];
    expect(all.map((it) => it.bufferedAmount), everyElement(0));
  });

  test("the log record's name does not clash with package:logging", () {
    final record = WebSocketLogRecord(
      DateTime.utc(2000),
      LogLevel.info,
      'target',
      'message',
    );
    expect('$record', 'info target: message');
  });

  test("io.dart's names of dart:io are dart:io's", () {
    expect(io.WebSocket, WebSocket);
    expect(io.WebSocketException, WebSocketException);
    expect(io.WebSocketStatus, WebSocketStatus);
    expect(io.CompressionOptions, CompressionOptions);
  });

  group('no name clashes', () {
    final library = File('dart/lib/rust_web_socket.dart').readAsStringSync();
    final names = {
      for (final export in RegExp(
        "^export 'src/[^;]*show([^;]*);",
        multiLine: true,
      ).allMatches(library))
        ...export[1]!.split(',').map((name) => name.trim()),
    };

    test('with one of the Dart SDK', () {
      final clashes = [
        for (final MapEntry(key: uri, value: library)
            in currentMirrorSystem().libraries.entries)
          // dart:io exports what is declared in dart:_http.
          if ('$uri' == 'dart:_http' || RegExp('^dart:[a-z]').hasMatch('$uri'))
            for (final name in names)
              if (library.declarations.containsKey(Symbol(name))) '$uri $name',
      ];
      expect(names, containsAll(['RustWebSocketChannel', 'TraceOpened']));
      expect(clashes, isEmpty);
    });

    test("with one of Flutter's or package:logging's", () {
      // Those of their names that a WebSocket client might use.
      const theirs = {
        'ConnectionState', 'Level', 'LogRecord', 'Logger', 'MessageHandler',
        'MethodChannel', 'BasicMessageChannel', 'EventChannel', 'Request', //
      };
      expect(names.intersection(theirs), isEmpty);
    });
  });
}
