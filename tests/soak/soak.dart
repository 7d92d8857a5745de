// Connects, sends and drops in a loop, in every way that a connection can end,
// and checks that memory and descriptors don't grow: `cargo xtask soak
// --minutes M`.
//
// Usage: soak.dart URL SECURE_URL AUTHORITY MINUTES [SEED] The servers are echo
// servers with commands. The authority signed the second one's certificate.
import 'dart:async';
import 'dart:io';
import 'dart:isolate';
import 'dart:math';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';

import 'figures.dart';

/// The conversations between two measurements, and the number at the same time.
const _conversations = 200;
const _atATime = 16;

/// The interval at which a line of figures is printed.
const _interval = Duration(seconds: 15);

/// A limit that nothing reaches.
const _net = Duration(seconds: 60);

Future<void> main(List<String> arguments) async {
  final [url, secureUrl, authority, minutes, ...rest] = arguments;
  final duration = Duration(seconds: (double.parse(minutes) * 60).round());
  final seed = rest.isEmpty ? 1 : int.parse(rest.first);
  final silent = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
  silent.listen((socket) {
    // It accepts connections and does not answer.
    socket.done.ignore();
    socket.listen(null, onDone: socket.destroy, onError: (_) {});
  });
  final soak = _Soak(
    _Servers(
      plain: url,
      secure: secureUrl,
      authority: await File(authority).readAsBytes(),
      silent: 'ws://127.0.0.1:${silent.port}',
    ),
    Random(seed),
  );
  await soak.run(duration);
  await silent.close();
  exitCode = soak.verdict() ? 0 : 1;
}

/// The servers.
final class _Servers {
  const _Servers({
    required this.plain,
    required this.secure,
    required this.authority,
    required this.silent,
  });

  final String plain;
  final String secure;
  final Uint8List authority;
  final String silent;

  RustWebSocketChannel connect({required bool isSecure}) =>
      RustWebSocketChannel.connect(
        isSecure ? secure : plain,
        options: WebSocketOptions(tls: TlsOptions(roots: [authority])),
      );
}

final class _Soak {
  _Soak(this._servers, this._random);

  final _Servers _servers;
  final Random _random;
  final Map<String, int> _counts = {};
  final List<Figures> _looks = [];

  Future<void> run(Duration duration) async {
    final clock = Stopwatch()..start();
    var printed = Duration.zero;
    while (clock.elapsed < duration) {
      var left = _conversations;
      Future<void> worker() async {
        while (left-- > 0) {
          await _converse().timeout(_net);
        }
      }

      await Future.wait([for (var i = 0; i < _atATime; i++) worker()]);
      final figures = await settled(before: _looks.lastOrNull);
      _looks.add(figures);
      if (clock.elapsed - printed >= _interval || _looks.length == 1) {
        printed = clock.elapsed;
        final seconds = clock.elapsed.inSeconds.toString().padLeft(5);
        print('$seconds s, ${_looks.length * _conversations} done: $figures');
      }
    }
    print(_counts);
  }

  Future<void> _converse() async {
    final isSecure = _random.nextBool();
    final (name, conversation) = switch (_random.nextInt(20)) {
      < 6 => ('echo', _echo(isSecure)),
      < 8 => ('closed at once', _closeAtOnce(isSecure)),
      < 10 => ('dropped by the server', _droppedByServer(isSecure)),
      < 12 => ('closed by the server', _closedByServer(isSecure)),
      < 14 => ('closed with a flood', _closedInAFlood(isSecure)),
      < 15 => ('refused', _refused()),
      < 16 => ('timed out', _timedOut()),
      < 18 => ('isolate killed', _isolate(isSecure, isKilled: true)),
      _ => ('isolate ended', _isolate(isSecure, isKilled: false)),
    };
    _counts.update(name, (count) => count + 1, ifAbsent: () => 1);
    await conversation;
  }

  /// Echoes messages of many sizes.
  Future<void> _echo(bool isSecure) async {
    final channel = _servers.connect(isSecure: isSecure);
    final sizes = [
      for (var i = _random.nextInt(10); i >= 0; i--)
        _random.nextInt(1 << _random.nextInt(19)),
    ];
    for (final (index, size) in sizes.indexed) {
      channel.sink.add(index.isEven ? 'x' * size : Uint8List(size));
    }
    var received = 0;
    await for (final message in channel.stream) {
      final length = message is String
          ? message.length
          : (message as Uint8List).length;
      _expect(
        length == sizes[received],
        'message $received of ${sizes.length}',
      );
      received++;
      if (received == sizes.length) unawaited(channel.sink.close(1000, 'bye'));
    }
    _expect(received == sizes.length, 'all messages');
    await channel.sink.close();
    final info = await channel.ended;
    _expect(info.code == 1000, 'code 1000');
  }

  /// A close that overtakes the connect.
  Future<void> _closeAtOnce(bool isSecure) async {
    final channel = _servers.connect(isSecure: isSecure);
    channel.sink.add('last words');
    await channel.sink.close();
    await channel.ended;
  }

  Future<void> _droppedByServer(bool isSecure) async {
    final channel = _servers.connect(isSecure: isSecure);
    channel.sink.add('/drop');
    await channel.stream.drain<void>();
    _expect(channel.closeCode == 1006, 'code 1006');
  }

  Future<void> _closedByServer(bool isSecure) async {
    final channel = _servers.connect(isSecure: isSecure);
    channel.sink.add('/close 4001 enough');
    await channel.stream.drain<void>();
    _expect(channel.closeCode == 4001, 'code 4001');
  }

  /// A close while the server sends and the listener pauses.
  Future<void> _closedInAFlood(bool isSecure) async {
    final channel = _servers.connect(isSecure: isSecure);
    channel.sink.add('/flood 500 20000 ${isSecure ? 'text' : 'binary'}');
    final first = Completer<void>();
    final subscription = channel.stream.listen((_) {
      if (!first.isCompleted) first.complete();
    });
    await first.future;
    subscription.pause();
    await Future<void>.delayed(Duration(milliseconds: _random.nextInt(20)));
    if (_random.nextBool()) subscription.resume();
    if (_random.nextBool()) unawaited(subscription.cancel());
    await channel.sink.close(1001);
    await channel.ended;
  }

  Future<void> _refused() async {
    // The port of a server that has ended.
    final server = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final port = server.port;
    await server.close();
    final channel = RustWebSocketChannel.connect('ws://127.0.0.1:$port');
    await _fails(channel.ready);
  }

  Future<void> _timedOut() async {
    final channel = RustWebSocketChannel.connect(
      _servers.silent,
      connectTimeout: const Duration(milliseconds: 30),
    );
    await _fails(channel.ready);
  }

  /// An isolate that ends, in the middle of a conversation.
  Future<void> _isolate(bool isSecure, {required bool isKilled}) async {
    final exit = ReceivePort();
    final isOpen = ReceivePort();
    final isolate = await Isolate.spawn(_talk, (
      _servers,
      isSecure,
      isKilled ? null : _random.nextInt(50),
      isOpen.sendPort,
    ), onExit: exit.sendPort);
    if (isKilled) {
      // Even before it is open.
      if (_random.nextBool()) await isOpen.first;
      await Future<void>.delayed(Duration(milliseconds: _random.nextInt(20)));
      isolate.kill(priority: Isolate.immediate);
    }
    await exit.first;
    isOpen.close();
  }

  static Future<void> _fails(Future<void> future) async {
    try {
      await future;
    } on Exception {
      return;
    }
    throw StateError('It does not fail');
  }

  /// Whether nothing grows. Prints the result.
  bool verdict() {
    // The first fifth allocates heaps, caches and threads that are kept.
    final looks = _looks.sublist(_looks.length ~/ 5);
    final third = looks.length ~/ 3;
    if (third == 0) {
      print('soak: too short to tell');
      return false;
    }
    final early = looks.sublist(0, third);
    final late = looks.sublist(looks.length - third);
    final before = _median([for (final look in early) look.memory]);
    final after = _median([for (final look in late) look.memory]);
    final apart = (looks.length - third) * _conversations;
    final growth = after - before;
    final isFlat = growth <= max(0.05 * before, 4);
    int most(List<Figures> looks, int Function(Figures) figure) =>
        looks.map(figure).reduce(max);
    final descriptors = [
      most(early, (look) => look.descriptors),
      most(late, (look) => look.descriptors),
    ];
    final held = _looks.last.connections;
    final isTidy = descriptors.last <= descriptors.first && held == 0;
    print(
      'memory: ${before.toStringAsFixed(1)} MB after warm-up, '
      '${after.toStringAsFixed(1)} MB at the end, '
      '${(growth * 1e6 / apart).toStringAsFixed(0)} bytes a conversation\n'
      'descriptors: at most ${descriptors.first} after warm-up, '
      '${descriptors.last} at the end\n'
      'connections that only the library holds: $held\n'
      'soak: ${_looks.length * _conversations} conversations, memory '
      '${isFlat ? 'flat' : 'GROWS'}, '
      '${isTidy ? 'nothing is left' : 'SOMETHING IS LEFT'}',
    );
    return isFlat && isTidy;
  }
}

/// The conversation of an isolate, which ends after [milliseconds] or is
/// killed.
Future<void> _talk(
  (_Servers, bool, int? milliseconds, SendPort isOpen) arguments,
) async {
  final (servers, isSecure, milliseconds, isOpen) = arguments;
  final channel = servers.connect(isSecure: isSecure);
  if (milliseconds != null) {
    Timer(Duration(milliseconds: milliseconds), Isolate.exit);
  }
  await channel.ready;
  isOpen.send(null);
  channel.sink.add('x' * 10000);
  await for (final message in channel.stream) {
    channel.sink.add(message);
  }
}

void _expect(bool condition, String what) {
  if (!condition) throw StateError('Expected $what');
}

double _median(List<double> values) {
  final sorted = [...values]..sort();
  return sorted[sorted.length ~/ 2];
}
