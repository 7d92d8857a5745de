import 'package:rust_web_socket/rust_web_socket.dart';

import 'failure.dart';

/// Connects to a server and closes at once, to see why that can't be done: the
/// guides' echo page says only that there is no network.
final class Probe {
  /// [connect] is `RustWebSocketChannel.connect`, or a test's.
  Probe(RustWebSocketChannel Function() connect) {
    try {
      failure = _failureOf(connect());
    } catch (error) {
      refusal = Failure.of(error);
      failure = Future.value(refusal);
    }
  }

  /// What is wrong with the request, which is known at once; or null.
  Failure? refusal;

  /// Why there is no connection; null if there was one.
  late final Future<Failure?> failure;

  static Future<Failure?> _failureOf(RustWebSocketChannel channel) async {
    try {
      await channel.ready;
      await channel.sink.close();
      return null;
    } catch (error) {
      return Failure.of(error);
    }
  }
}
