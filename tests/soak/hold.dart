// Holds many connections in one process, and echoes on all of them: `cargo
// xtask soak --connections N`.
//
// Usage: hold.dart URL CONNECTIONS
import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';

import 'figures.dart';

/// The number of connects at a time.
const _atATime = 100;

/// The number of echoes of each connection.
const _rounds = 5;

Future<void> main(List<String> arguments) async {
  final [url, count] = arguments;
  // The first two connections start a thread each, which stays.
  final first = [for (var i = 0; i < 2; i++) await _Held.connect(url)];
  await Future.wait([for (final it in first) it.echo('first')]);
  await Future.wait([for (final it in first) it.close()]);
  final before = await settled();
  print('limit for descriptors: ${descriptorLimit()}');
  print('before: $before');

  final clock = Stopwatch()..start();
  final held = <_Held>[];
  var left = int.parse(count);
  Future<void> worker() async {
    while (left-- > 0) {
      held.add(await _Held.connect(url));
    }
  }

  await Future.wait([for (var i = 0; i < _atATime; i++) worker()]);
  final seconds = clock.elapsedMilliseconds / 1000;
  final open = Figures.now();
  print('open: $open');
  final each = (open.memory - before.memory) * 1000 / held.length;
  print(
    '${held.length} connects in ${seconds.toStringAsFixed(1)} s, '
    '${each.toStringAsFixed(1)} kB of memory each',
  );

  for (var round = 1; round <= _rounds; round++) {
    clock.reset();
    final message = 'round $round of a message to all';
    await Future.wait([for (final it in held) it.echo(message)]);
    print(
      'round $round: all have echoed after ${clock.elapsedMilliseconds} ms',
    );
  }
  print('after $_rounds rounds: ${Figures.now()}');

  clock.reset();
  await Future.wait([for (final it in held) it.close()]);
  print('closed after ${clock.elapsedMilliseconds} ms');
  final after = await settled(before: before);
  print('after: $after');
  final isTidy =
      after.connections == 0 && after.descriptors <= before.descriptors;
  print(
    'soak: ${held.length} connections held and echoing, '
    '${isTidy ? 'nothing is left' : 'SOMETHING IS LEFT'}',
  );
  exitCode = isTidy ? 0 : 1;
}

/// A connection that stays.
final class _Held {
  _Held._(this._channel) {
    _channel.stream.listen(
      (message) {
        if (message != _awaited) throw StateError('Received $message');
        _isThere.complete();
      },
      onDone: () {
        if (!_isClosing) throw StateError('Lost: ${_channel.closeInfo}');
      },
    );
  }

  static Future<_Held> connect(String url) async {
    final channel = RustWebSocketChannel.connect(url);
    await channel.ready;
    return _Held._(channel);
  }

  final RustWebSocketChannel _channel;
  String? _awaited;
  Completer<void> _isThere = Completer();
  bool _isClosing = false;

  Future<void> echo(String message) {
    _awaited = message;
    _isThere = Completer();
    _channel.sink.add(message);
    return _isThere.future;
  }

  Future<void> close() {
    _isClosing = true;
    unawaited(_channel.sink.close(1000));
    return _channel.ended;
  }
}
