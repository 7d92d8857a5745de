// One client of the benchmark, as a program: `cargo xtask bench` starts one for
// dart:io's WebSocket and one for this package, and has them run a row in turn.
//
// Usage: compare.dart dart_io|rust_web_socket URL [--scale N] [--authority FILE]
// Counts are divided by the scale; a wss server's certificate is signed by the
// authority.
// Each line of input names a row; its measures are printed as a line of JSON.
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  final [name, url, ...options] = arguments;
  String? option(String name) {
    final index = options.indexOf(name);
    return index < 0 ? null : options[index + 1];
  }

  final authority = switch (option('--authority')) {
    null => null,
    final file => await File(file).readAsBytes(),
  };
  final client = switch (name) {
    'dart_io' => await DartIoClient.connect(url, authority),
    'rust_web_socket' => await RustClient.connect(url, authority),
    _ => throw ArgumentError.value(name, 'client'),
  };
  final rows = Rows(client, scale: int.parse(option('--scale') ?? '1'));
  final lines = stdin.transform(utf8.decoder).transform(const LineSplitter());
  await for (final row in lines) {
    print(json.encode(await rows.run(row)));
  }
  await client.close();
  exit(0);
}

/// What the benchmark needs of a client.
abstract base class Client {
  Client(this._subscription);

  final StreamSubscription<dynamic> _subscription;

  void send(Object message);

  /// Calls [onMessage] for each message until it answers true.
  Future<void> receive(bool Function(Object message) onMessage) {
    final isEnough = Completer<void>();
    _subscription.onData((message) {
      if (onMessage(message as Object)) isEnough.complete();
    });
    return isEnough.future;
  }

  Future<void> close();
}

/// dart:io's client, without compression.
final class DartIoClient extends Client {
  DartIoClient._(this._socket) : super(_socket.listen(null));

  static Future<DartIoClient> connect(String url, Uint8List? authority) async {
    final context = SecurityContext(withTrustedRoots: true);
    if (authority != null) context.setTrustedCertificatesBytes(authority);
    return DartIoClient._(
      await WebSocket.connect(
        url,
        compression: CompressionOptions.compressionOff,
        customClient: HttpClient(context: context),
      ),
    );
  }

  final WebSocket _socket;

  @override
  void send(Object message) => _socket.add(message);

  @override
  Future<void> close() => _socket.close();
}

/// This package's channel.
final class RustClient extends Client {
  RustClient._(this._channel) : super(_channel.stream.listen(null));

  static Future<RustClient> connect(String url, Uint8List? authority) async {
    final channel = RustWebSocketChannel.connect(
      url,
      options: WebSocketOptions(
        tls: TlsOptions(roots: [if (authority != null) authority]),
      ),
    );
    await channel.ready;
    return RustClient._(channel);
  }

  final RustWebSocketChannel _channel;

  @override
  void send(Object message) => _channel.sink.add(message);

  @override
  Future<void> close() => _channel.sink.close();
}

/// The rows; `tests/server/src/bin/raw_client.rs` has the same ones.
final class Rows {
  Rows(this._client, {required this.scale});

  final Client _client;

  /// Counts are divided by it.
  final int scale;

  Future<Map<String, double>> run(String row) => switch (row) {
    'round_trip' => _roundTrip(10000 ~/ scale),
    'receive_text_32' => _receive(1000000 ~/ scale, 32, 'text'),
    'receive_text_1k' => _receive(200000 ~/ scale, 1024, 'text'),
    'receive_text_64k' => _receive(5000 ~/ scale, 64 * 1024, 'text'),
    'receive_binary_64k' => _receive(5000 ~/ scale, 64 * 1024, 'binary'),
    'send_text_32' => _send(200000 ~/ scale, 'x' * 32),
    'send_binary_1m' => _send(200 ~/ scale, Uint8List(1024 * 1024)),
    _ => throw ArgumentError.value(row, 'row'),
  };

  /// Echoes of 16 bytes of text, one after another.
  Future<Map<String, double>> _roundTrip(int count) async {
    final message = 'x' * 16;
    final times = Int64List(count);
    final clock = Stopwatch()..start();
    var done = 0;
    var sent = clock.elapsedTicks;
    _client.send(message);
    await _client.receive((_) {
      final now = clock.elapsedTicks;
      times[done++] = now - sent;
      if (done == count) return true;
      sent = now;
      _client.send(message);
      return false;
    });
    times.sort();
    double microseconds(int index) => times[index] * 1e6 / clock.frequency;
    return {
      'p50': microseconds(count ~/ 2),
      'p99': microseconds(count * 99 ~/ 100),
    };
  }

  Future<Map<String, double>> _receive(int count, int size, String kind) async {
    final clock = Stopwatch()..start();
    var left = count;
    _client.send('/flood $count $size $kind');
    await _client.receive((message) {
      final length =
          message is String ? message.length : (message as Uint8List).length;
      if (length != size) throw StateError('A message of $length');
      return --left == 0;
    });
    return _rates(clock, count, size);
  }

  Future<Map<String, double>> _send(int count, Object message) async {
    final size = message is String ? message.length : (message as List).length;
    final clock = Stopwatch()..start();
    _client.send('/sink $count');
    for (var i = 0; i < count; i++) {
      _client.send(message);
    }
    await _client.receive((message) => message == 'done');
    return _rates(clock, count, size);
  }

  /// Messages and megabytes a second.
  Map<String, double> _rates(Stopwatch clock, int count, int size) {
    final seconds = clock.elapsedMicroseconds / 1e6;
    return {
      'messages': count / seconds,
      'megabytes': count * size / seconds / 1e6,
    };
  }
}
