import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'cold_start.dart';
import 'connecting.dart';
import 'connection.dart';
import 'frames.dart';
import 'idle.dart';
import 'latency.dart';
import 'pong.dart';
import 'round_trip.dart';
import 'scale.dart';
import 'silence.dart';
import 'stall.dart';
import 'storm.dart';
import 'throughput.dart';
import 'turn.dart';

/// The values of a measurement, by name. One that can be repeated also has
/// `seconds`, from which the benchmark computes the repetitions.
typedef Measures = Map<String, double>;

/// Measures one client, as a program that `cargo xtask bench` starts: `PROGRAM
/// URL [--slow URL] [--lossy URL] [--authority FILE]`. The slow URL is the same
/// server over a line with a slow upload, the lossy one over a line with latency
/// and losses that falls silent. The authority signed a wss server's
/// certificate.
///
/// Each line of input is a measurement with its arguments. Its values are
/// printed as a line of JSON.
Future<void> serve(
  List<String> arguments,
  Connect Function(Uint8List? authority) client,
) async {
  final url = arguments.first;
  final options = {
    for (var i = 1; i < arguments.length; i += 2)
      arguments[i]: arguments[i + 1],
  };
  final authority = switch (options['--authority']) {
    final file? => await File(file).readAsBytes(),
    null => null,
  };
  // Made by the first connect, as part of a cold start.
  late final connect = client(authority);
  final lines = stdin.transform(utf8.decoder).transform(const LineSplitter());
  await for (final line in lines) {
    final measures = await _measure(
      line.split(' '),
      url,
      options,
      (url, {pingInterval, reconnecting = false}) =>
          connect(url, pingInterval: pingInterval, reconnecting: reconnecting),
    );
    // JSON has no NaN.
    print(json.encode(measures..removeWhere((_, value) => value.isNaN)));
  }
  exit(0);
}

/// `tests/server/src/bin/raw_client` has those that make sense without an
/// event loop.
Future<Measures> _measure(
  List<String> words,
  String url,
  Map<String, String> options,
  Connect connect,
) async {
  Future<Measures> over(
    String url,
    Future<Measures> Function(Connection) measure,
  ) async {
    final connection = await connect(url);
    final measures = await measure(connection);
    await connection.close();
    return measures;
  }

  String line(String option) =>
      options[option] ?? (throw ArgumentError('without $option'));

  // The path where the server accepts compression.
  String urlFor(String payload) => payload == 'json' ? '$url/deflate' : url;

  return switch (words) {
    ['round_trip', final size, final count] => over(
      url,
      (it) => roundTrip(it, int.parse(size), int.parse(count)),
    ),
    ['latency', final rate, final count] => over(
      url,
      (it) => latency(it, int.parse(rate), int.parse(count)),
    ),
    ['latency_building', final rate, final count] => over(
      url,
      (it) => latencyBuilding(it, int.parse(rate), int.parse(count)),
    ),
    ['frames', final period, final work, final traffic, final count] => over(
      urlFor(traffic),
      (it) => frames(
        it,
        int.parse(period),
        int.parse(work),
        traffic,
        int.parse(count),
      ),
    ),
    ['receive', final payload, final size, final count] => over(
      urlFor(payload),
      (it) => receive(it, payload, int.parse(size), int.parse(count)),
    ),
    ['decode', final size, final count] => over(
      url,
      (it) => decode(it, int.parse(size), int.parse(count)),
    ),
    ['send', final payload, final size, final count] => over(
      urlFor(payload),
      (it) => send(it, payload, int.parse(size), int.parse(count)),
    ),
    ['turn', final payload, final size, final count] => over(
      url,
      (it) => turn(it, payload, int.parse(size), int.parse(count)),
    ),
    ['stall_sending', final payload, final size, final count] => over(
      url,
      (it) => stallSending(it, payload, int.parse(size), int.parse(count)),
    ),
    ['stall_receiving', final payload, final size, final count] => over(
      url,
      (it) => stallReceiving(it, payload, int.parse(size), int.parse(count)),
    ),
    ['pong', final payload, final size] => over(
      line('--slow'),
      (it) => pong(it, payload, int.parse(size)),
    ),
    ['upload', final payload, final size] => over(
      line('--lossy'),
      (it) => pong(it, payload, int.parse(size)),
    ),
    ['open', final count] => connects(
      () => connect(line('--lossy')),
      int.parse(count),
    ),
    ['silence'] => silence(connect, line('--lossy')),
    ['cold_start'] => coldStart(() => connect(url)),
    ['connect', final count] => connects(() => connect(url), int.parse(count)),
    ['busy', final connections, final size, final count] => busy(
      () => connect(url),
      int.parse(connections),
      int.parse(size),
      int.parse(count),
    ),
    ['storm', final count] => storm(() => connect(url), int.parse(count)),
    ['idle', ...final levels] => idle(
      () => connect(url),
      levels.map(int.parse).toList(),
    ),
    ['idle_compressed', final connections] => idleCompressed(
      () => connect(urlFor('json')),
      int.parse(connections),
    ),
    ['scale', ...final levels] => scale(
      connect,
      url,
      levels.map(int.parse).toList(),
    ),
    _ => throw ArgumentError.value(words.join(' '), 'measurement'),
  };
}
