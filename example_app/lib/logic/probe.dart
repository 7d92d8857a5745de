import 'package:rust_web_socket/rust_web_socket.dart';

import 'failure.dart';

/// Connects to a server and closes at once, to find the cause of a failure,
/// which the guides' echo page does not show.
final class Probe {
  /// Starts the probe; [connect] is `RustWebSocketChannel.connect`, or a
  /// test's.
  Probe(RustWebSocketChannel Function() connect) {
    try {
      failure = _failureOf(connect());
    } catch (error) {
      refusal = Failure.of(error);
      failure = Future.value(refusal);
    }
  }

  /// The failure of an invalid request, which is known at once; otherwise null.
  Failure? refusal;

  /// The failure of the connect; null if it succeeded.
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
