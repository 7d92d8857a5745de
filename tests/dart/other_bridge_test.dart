// Another plugin that uses flutter_rust_bridge, in the same program.
import 'dart:async';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/rust/api/connection.dart' as rust;
import 'package:rust_web_socket/src/rust/frb_generated.dart';
import 'package:test/test.dart';

import 'support/library_folder.dart';
import 'support/other_library.dart';
import 'support/servers.dart';

/// Sends a message and returns the echo.
Future<Object?> _echo(Uri url) async {
  final channel = RustWebSocketChannel.connect(url);
  channel.sink.add('hello');
  final reply = await channel.stream.first;
  await channel.sink.close();
  return reply;
}

Future<void> _loadOther(String path) {
  // ignore: invalid_use_of_internal_member, invalid_use_of_protected_member
  OtherLibrary.contentHash = RustLib.instance.rustContentHash;
  return OtherLibrary.load(path);
}

void main() {
  late final Directory folder;
  late final String other;
  setUpAll(() {
    folder = Directory.systemTemp.createTempSync('other_bridge');
    final own = File(Platform.environment['RUST_WEB_SOCKET_LIBRARY']!);
    other = own.copySync('${folder.path}/${own.uri.pathSegments.last}').path;
  });
  tearDownAll(() => deleteLibraryFolder(folder));

  test('a bridge of another version works beside this one', () async {
    final url = await serveEcho();
    for (final isFirst in [true, false]) {
      final lives = await Isolate.run(() async {
        if (isFirst) await _loadOther(other);
        final channel = RustWebSocketChannel.connect(url);
        await channel.ready;
        if (!isFirst) await _loadOther(other);
        final lives = (rust.liveConnections(), OtherLibrary.liveConnections());
        final reply = await _echo(url);
        await channel.sink.close();
        return (lives, reply);
      });
      // The second number shows that the libraries share no state.
      expect(lives, ((1, 0), 'hello'));
    }
  });

  test('a bridge that insists on its version fails alone', () async {
    final url = await serveEcho();
    final reply = await Isolate.run(() async {
      try {
        await OtherLibrary.loadStrictly(other);
        return 'loaded';
      } on StateError {
        return _echo(url);
      }
    });
    expect(reply, 'hello');
  });

  test('a connection beside another library outlives other isolates', () async {
    final url = await serveEcho();
    await _loadOther(other);
    final channel = RustWebSocketChannel.connect(url);
    final replies = StreamIterator<dynamic>(channel.stream);
    for (var i = 0; i < 3; i++) {
      // Here the package's library is the first of the isolate.
      expect(await Isolate.run(() => _echo(url)), 'hello');
      channel.sink.add('$i');
      expect(await replies.moveNext(), isTrue);
      expect(replies.current, '$i');
    }
    await channel.sink.close();
  });
}
