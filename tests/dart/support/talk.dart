import 'dart:async';
import 'dart:typed_data';

import 'package:rust_web_socket/io.dart' show RustIoWebSocket;
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/w3c.dart' as w3c;
import 'package:test/test.dart';

/// Opens a connection over one of the package's interfaces. It is closed after
/// the test.
typedef Opener = Future<Talk> Function(Uri url, [List<String> protocols]);

/// Each interface of the package, for a protocol that runs on all of them.
final Map<String, Opener> interfaces = {
  'RustWebSocketChannel': (url, [protocols = const <String>[]]) async {
    final channel = RustWebSocketChannel.connect(url, protocols: protocols);
    await channel.ready;
    return Talk._ofChannel(channel);
  },
  'RustWebSocket': (url, [protocols = const <String>[]]) async {
    final socket = await RustWebSocket.connect(url, protocols: protocols);
    final messages = socket.events.expand<Object>(
      (event) => switch (event) {
        TextDataReceived(:final text) => [text],
        BinaryDataReceived(:final data) => [data],
        CloseReceived() => const [],
      },
    );
    return Talk._(
      socket.protocol,
      messages,
      (message) => switch (message) {
        final String text => socket.sendText(text),
        _ => socket.sendBytes(message as Uint8List),
      },
      socket.close,
    );
  },
  'ReconnectingWebSocketChannel': (url, [protocols = const <String>[]]) async {
    final channel = ReconnectingWebSocketChannel.connect(
      url,
      protocols: protocols,
    );
    await channel.ready;
    return Talk._ofChannel(channel);
  },
  'RustIoWebSocket': (url, [protocols = const <String>[]]) async {
    final socket = await RustIoWebSocket.connect('$url', protocols: protocols);
    return Talk._(socket.protocol ?? '', socket, socket.add, socket.close);
  },
  'WebSocket of w3c.dart': (url, [protocols = const <String>[]]) async {
    final socket = w3c.WebSocket('$url', protocols);
    final messages = StreamController<Object>();
    socket.onMessage.listen((event) => messages.add(event.data));
    socket.onClose.listen((_) => messages.close());
    await socket.onOpen.first;
    return Talk._(socket.protocol, messages.stream, socket.send, socket.close);
  },
};

/// A conversation, message by message.
final class Talk {
  Talk._(
    this.protocol,
    Stream<Object?> messages,
    this.send,
    FutureOr<void> Function() close,
  ) : _messages = StreamIterator(messages) {
    addTearDown(close);
  }

  Talk._ofChannel(WebSocketChannel channel)
    : this._(
        channel.protocol ?? '',
        channel.stream,
        channel.sink.add,
        channel.sink.close,
      );

  /// The subprotocol that the server chose; '' if it chose none.
  final String protocol;

  /// Sends a `String` or a `Uint8List`.
  final void Function(Object message) send;

  final StreamIterator<Object?> _messages;

  /// The next message: a `String`, a `Uint8List`, or null after the last one.
  Future<Object?> get next async =>
      await _messages.moveNext() ? _messages.current : null;
}
