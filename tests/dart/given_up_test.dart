// A cancelled connect leaves no socket, by what the server sees and, on Linux, by
// this process's file descriptors.
import 'dart:async';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/servers.dart';

/// This process's sockets that lead to [port], by their inodes. Only Linux lists
/// them.
Set<String> _socketsTo(int port) {
  final remote = ':${port.toRadixString(16).toUpperCase().padLeft(4, '0')}';
  final inodes = {
    for (final line in File('/proc/self/net/tcp').readAsLinesSync())
      if (line.trim().split(RegExp(' +')) case final fields
          when fields[2].endsWith(remote))
        'socket:[${fields[9]}]',
  };
  return {
    for (final entry in Directory('/proc/self/fd').listSync(followLinks: false))
      if (_target(entry) case final target? when inodes.contains(target))
        target,
  };
}

/// Null if it was closed meanwhile.
String? _target(FileSystemEntity entry) {
  try {
    return Link(entry.path).targetSync();
  } on FileSystemException {
    return null;
  }
}

/// Expects that [count] sockets lead to [port], where the system lists them.
void _expectSockets(int port, int count) {
  if (Platform.isLinux) expect(_socketsTo(port), hasLength(count));
}

void main() {
  /// A server that accepts connections without answering, a future of its first
  /// received bytes, and one of the end of that connection.
  Future<(Uri, Future<void>, Future<void>)> serveSilence(String scheme) async {
    final heard = Completer<void>();
    final ended = Completer<void>();
    final url = await serveTcp((socket) {
      var isHeard = false;
      socket.listen(
        (_) {
          isHeard = true;
          if (!heard.isCompleted) heard.complete();
        },
        onError: (Object _) {},
        onDone: () => isHeard ? ended.complete() : null,
      );
    });
    return (url.replace(scheme: scheme), heard.future, ended.future);
  }

  // For wss it is the TLS handshake, for ws the upgrade.
  for (final scheme in ['wss', 'ws']) {
    test('a connect by $scheme that runs out of time', () async {
      final (url, heard, ended) = await serveSilence(scheme);
      // Another socket to the server shows that the check works.
      final other = await Socket.connect(url.host, url.port);
      addTearDown(other.destroy);
      _expectSockets(url.port, 1);
      final channel = RustWebSocketChannel.connect(
        url,
        connectTimeout: const Duration(seconds: 2),
      );
      channel.stream.listen(null, onError: (Object _) {});
      final failed = expectLater(
        channel.ready,
        throwsA(isA<TimeoutException>()),
      );
      await heard;
      await failed;
      _expectSockets(url.port, 1);
      await ended;
    });

    test('a connect by $scheme that is closed', () async {
      final (url, heard, ended) = await serveSilence(scheme);
      final channel = RustWebSocketChannel.connect(
        url,
        options: const WebSocketOptions(
          closeTimeout: Duration(milliseconds: 100),
        ),
      );
      await heard;
      _expectSockets(url.port, 1);
      await channel.sink.close();
      await expectLater(
        channel.ready,
        throwsA(
          isA<WebSocketChannelException>().having(
            (error) => error.inner,
            'inner',
            isA<CancelledException>(),
          ),
        ),
      );
      _expectSockets(url.port, 0);
      await ended;
    });
  }
}
