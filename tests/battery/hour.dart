/// One hour of use on a phone, in less time: `cargo xtask battery` runs it. It
/// prints how often its threads were woken.
library;

import 'dart:async';
import 'dart:ffi';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';

/// What is simulated.
const _hour = Duration(hours: 1);
const _pingInterval = Duration(seconds: 20);
const _maxPingInterval = Duration(minutes: 5);

/// The app is in use in the middle of the hour.
const _useStart = Duration(minutes: 25);
const _useEnd = Duration(minutes: 35);
const _pauseInUse = Duration(seconds: 5);
const _pauseElsewhere = Duration(minutes: 5);

Future<void> main(List<String> arguments) async {
  final [url, client, seconds] = arguments;
  final factor = _hour.inMicroseconds / (double.parse(seconds) * 1000000);
  Duration scaled(Duration time) =>
      Duration(microseconds: time.inMicroseconds ~/ factor);

  final connection = await _connect(url, client, scaled);
  final wakeUps = _wakeUps();
  var now = Duration.zero;
  while (now < _hour) {
    final isInUse = now >= _useStart && now < _useEnd;
    final pause = isInUse ? _pauseInUse : _pauseElsewhere;
    await Future<void>.delayed(scaled(pause));
    now += pause;
    connection.send('a message of an app, which its server answers');
  }
  print(_wakeUps() - wakeUps);
  await connection.close();
}

typedef _Connection = ({
  void Function(String) send,
  Future<void> Function() close,
});

Future<_Connection> _connect(
  String url,
  String client,
  Duration Function(Duration) scaled,
) async {
  switch (client) {
    case 'none':
      return (send: (_) {}, close: () async {});
    case 'dart:io':
      final socket = await WebSocket.connect(url);
      socket.pingInterval = scaled(_pingInterval);
      socket.listen((_) {});
      return (send: socket.add, close: socket.close);
    case 'rust_web_socket' || 'rust_web_socket, growing interval':
      final isGrowing = client != 'rust_web_socket';
      final channel = RustWebSocketChannel.connect(
        url,
        pingInterval: scaled(_pingInterval),
        options: WebSocketOptions(
          maxPingInterval: isGrowing ? scaled(_maxPingInterval) : null,
        ),
      );
      channel.stream.listen((_) {});
      await channel.ready;
      return (send: channel.sink.add, close: channel.sink.close);
    default:
      throw ArgumentError.value(client, 'client');
  }
}

/// How often a thread of this process has waited, and so was woken, threads
/// that have ended included: `ru_nvcsw` of getrusage(2).
int _wakeUps() {
  const field = 16;
  final libc = DynamicLibrary.process();
  final allocate = libc
      .lookupFunction<
        Pointer<Long> Function(Size, Size),
        Pointer<Long> Function(int, int)
      >('calloc');
  final usage = libc
      .lookupFunction<
        Int Function(Int, Pointer<Long>),
        int Function(int, Pointer<Long>)
      >('getrusage');
  final fields = allocate(36, sizeOf<Long>());
  usage(0, fields);
  return fields[field];
}
