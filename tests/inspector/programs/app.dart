// The app that the tests of the inspector control: a line of standard input is
// a call, {"id", "method", …}, and a line of output is its answer, {"id",
// "result"} or {"id", "error"}. It ends when standard input closes.
import 'dart:async';
import 'dart:convert';
import 'dart:developer';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/inspector.dart';
import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main() async {
  final calls = stdin.transform(utf8.decoder).transform(const LineSplitter());
  await for (final line in calls) {
    final call = json.decode(line) as Map<String, Object?>;
    unawaited(_answer(call));
  }
  exit(0);
}

Future<void> _answer(Map<String, Object?> call) async {
  Map<String, Object?> answer;
  try {
    answer = {'result': await _call(call)};
  } on Object catch (error) {
    answer = {'error': '$error'};
  }
  stdout.writeln(json.encode({'id': call['id'], ...answer}));
}

Future<Object?> _call(Map<String, Object?> call) async {
  switch (call['method']) {
    case 'connect':
      await _Connection.open(call);
    case 'send':
      await _Connection.of(call).send(call);
    case 'received':
      return _Connection.of(call).received(call['count']! as int);
    case 'close':
      await _Connection.of(call).close();
    case 'set':
      _set(call);
    case 'spawn':
      await _spawn(call);
    case 'kill':
      _isolates.remove(call['name'])!.kill(priority: Isolate.immediate);
    case 'endService':
      await Service.controlWebServer();
    case final method:
      throw ArgumentError('There is no method $method');
  }
  return null;
}

void _set(Map<String, Object?> call) {
  if (call['allowsSending'] case final bool value) {
    WebSocketInspector.allowsSending = value;
  }
  if (call['showsSecrets'] case final bool value) {
    WebSocketInspector.showsSecrets = value;
  }
}

final class _Connection {
  _Connection(this._channel) {
    _channel.stream.listen((message) {
      _messages++;
      _changes.add(null);
    }, onError: (Object _) {});
  }

  static final Map<String, _Connection> _all = {};

  static _Connection of(Map<String, Object?> call) => _all[call['name']]!;

  /// Returns when it is open.
  static Future<void> open(Map<String, Object?> call) async {
    Duration? duration(String name) => switch (call[name]) {
      final int milliseconds => Duration(milliseconds: milliseconds),
      _ => null,
    };
    final protocols = (call['protocols'] as List?)?.cast<String>();
    final headers = (call['headers'] as Map?)?.cast<String, Object>();
    final options = WebSocketOptions(
      maxFrameSize: call['maxFrameSize'] as int?,
      tls: TlsOptions(
        roots: [
          if (call['authority'] case final String file)
            File(file).readAsBytesSync(),
        ],
      ),
    );
    final url = call['url']! as String;
    final channel = switch (call['reconnects']) {
      true => ReconnectingWebSocketChannel.connect(
        url,
        protocols: protocols,
        headers: headers,
        options: options,
        reconnect: const ReconnectOptions(
          backoff: BackoffOptions(cap: Duration(seconds: 1)),
        ),
      ),
      _ => RustWebSocketChannel.connect(
        url,
        protocols: protocols,
        headers: headers,
        pingInterval: duration('pingInterval'),
        options: options,
      ),
    };
    _all[call['name']! as String] = _Connection(channel);
    await channel.ready;
  }

  final WebSocketChannel _channel;
  final StreamController<void> _changes = StreamController.broadcast();
  int _messages = 0;

  /// Sends `text`, or `binary` in base64, `count` times, each `every`
  /// milliseconds.
  Future<void> send(Map<String, Object?> call) async {
    final message = switch (call) {
      {'binary': final String bytes} => base64.decode(bytes),
      _ => call['text']! as String,
    };
    final every = Duration(milliseconds: call['every'] as int? ?? 0);
    for (var left = call['count'] as int? ?? 1; left > 0; left--) {
      _channel.sink.add(message);
      if (left > 1) await Future<void>.delayed(every);
    }
  }

  /// Returns the number of received messages when it is [count] or more.
  Future<int> received(int count) async {
    while (_messages < count) {
      await _changes.stream.first;
    }
    return _messages;
  }

  Future<void> close() => _channel.sink.close(1000, 'done');
}

final Map<String, Isolate> _isolates = {};

/// Starts an isolate with a connection, and returns when that is open.
Future<void> _spawn(Map<String, Object?> call) async {
  final opened = ReceivePort();
  final name = call['name']! as String;
  _isolates[name] = await Isolate.spawn(
    _connectInIsolate,
    (call['url']! as String, opened.sendPort),
    debugName: name,
    onError: opened.sendPort,
  );
  if (await opened.first case final Object error) throw StateError('$error');
}

Future<void> _connectInIsolate((String, SendPort) arguments) async {
  final (url, opened) = arguments;
  final channel = RustWebSocketChannel.connect(url);
  channel.stream.listen(null, onError: (Object _) {});
  await channel.ready;
  channel.sink.add('hello from ${Isolate.current.debugName}');
  opened.send(null);
}
