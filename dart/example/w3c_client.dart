// A client of the servers in tests/peers, written as for a browser.
//
// Usage: w3c_client.dart [URL] [--automatic] [--messages N] [--pause MILLISECONDS]
//
// By default each line of the input is a number to send, with an optional
// receiver of the answer: `7`, or `7 all`. The end of the input closes the
// connection. With --automatic it counts up, and sends a number every second.
import 'dart:async';
import 'dart:convert';
import 'dart:io' show stdin;

import 'package:rust_web_socket/w3c.dart';

void main(List<String> arguments) {
  final url = arguments.firstWhere(
    (argument) => argument.startsWith('ws'),
    orElse: () => 'ws://localhost:3000',
  );
  final socket = WebSocket(url);

  void send(int number, String to) {
    if (socket.readyState != WebSocket.OPEN) return;
    socket.send(
      json.encode({'clientText': 'client:你好', 'num': number, 'to': to}),
    );
  }

  final mode = arguments.contains('--automatic')
      ? _Automatic(
          send,
          pause: Duration(milliseconds: _option(arguments, '--pause') ?? 1000),
          messages: _option(arguments, '--messages'),
        )
      : _Manual(send);

  socket.onOpen.listen((_) {
    print('connected to ${socket.url}');
    mode.start(whenDone: () => socket.close(1000, 'bye'));
  });
  socket.onMessage.listen((event) {
    final message = json.decode(event.data as String) as Map<String, Object?>;
    print('received: ${message['serverText']}, ${message['clientText']}');
  });
  socket.onError.listen((event) => print('error: ${event.message}'));
  socket.onClose.listen((event) {
    mode.stop();
    final how = event.wasClean ? 'cleanly' : 'not cleanly';
    print('closed: ${event.code} ${event.reason} ($how)');
  });
}

/// The source of the numbers.
abstract interface class _Mode {
  void start({required void Function() whenDone});
  void stop();
}

final class _Manual implements _Mode {
  _Manual(this._send);

  final void Function(int number, String to) _send;
  StreamSubscription<String>? _lines;

  @override
  void start({required void Function() whenDone}) {
    _lines = stdin
        .transform(utf8.decoder)
        .transform(const LineSplitter())
        .listen(_read, onDone: whenDone);
  }

  void _read(String line) {
    final words = line.trim().split(' ');
    final number = int.tryParse(words.first);
    if (number == null) return print('not a number: ${words.first}');
    _send(number, words.length > 1 ? words[1] : 'server');
  }

  @override
  void stop() => _lines?.cancel();
}

final class _Automatic implements _Mode {
  _Automatic(this._send, {required Duration pause, int? messages})
    : _pause = pause,
      _messages = messages;

  final void Function(int number, String to) _send;
  final Duration _pause;

  /// The number of messages; null for no end.
  final int? _messages;
  Timer? _timer;

  @override
  void start({required void Function() whenDone}) {
    var number = 0;
    _timer = Timer.periodic(_pause, (timer) {
      if (number == _messages) {
        timer.cancel();
        whenDone();
      } else {
        _send(++number, 'server');
      }
    });
  }

  @override
  void stop() => _timer?.cancel();
}

int? _option(List<String> arguments, String name) {
  final index = arguments.indexOf(name);
  if (index < 0 || index + 1 == arguments.length) return null;
  return int.parse(arguments[index + 1]);
}
