import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';
import 'dart:typed_data';

import 'accept_key.dart';

/// A WebSocket server on this device, in its own isolate.
///
/// It reads and writes frames itself, since dart:io's server is slower than the
/// measured clients. It echoes short texts, except two commands. After `push
/// KIND SIZE COUNT` it sends that many messages, text or binary. After `count
/// COUNT` it sends `done` when that many have arrived.
final class BenchmarkServer {
  BenchmarkServer._(this.url, this._stop);

  /// Starts a server.
  static Future<BenchmarkServer> start() async {
    final answers = ReceivePort();
    await Isolate.spawn(_serve, answers.sendPort);
    final (port, stop) = await answers.first as (int, SendPort);
    return BenchmarkServer._(Uri.parse('ws://127.0.0.1:$port'), stop);
  }

  final Uri url;
  final SendPort _stop;

  /// Stops it, and closes its connections.
  void stop() => _stop.send(null);
}

Future<void> _serve(SendPort answers) async {
  final server = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
  server.listen((socket) {
    socket
      ..setOption(SocketOption.tcpNoDelay, true)
      ..done.ignore();
    final peer = _Peer(socket);
    socket.listen(
      peer.read,
      onDone: socket.destroy,
      onError: (Object _) => socket.destroy(),
    );
  });
  final stop = ReceivePort();
  answers.send((server.port, stop.sendPort));
  await stop.first;
  Isolate.exit();
}

/// The connection of one client.
final class _Peer {
  _Peer(this._socket);

  final Socket _socket;

  /// Bytes that were read and not decoded yet.
  final _unread = BytesBuilder();
  bool _isOpen = false;

  /// Bytes of a binary message that have not arrived yet.
  int _toSkip = 0;

  /// The number of messages before the next `done`.
  int _toCount = 0;

  /// Completes when the pushed messages were sent.
  Future<void> _pushed = Future.value();

  void read(Uint8List chunk) {
    var bytes = chunk;
    if (_unread.isNotEmpty) {
      _unread.add(chunk);
      bytes = _unread.takeBytes();
    }
    final used = _isOpen ? _readFrames(bytes) : _upgrade(bytes);
    if (used < bytes.length) _unread.add(Uint8List.sublistView(bytes, used));
  }

  int _upgrade(Uint8List bytes) {
    final request = latin1.decode(bytes);
    final end = request.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    final key = RegExp(
      r'^sec-websocket-key:\s*(\S+)',
      caseSensitive: false,
      multiLine: true,
    ).firstMatch(request);
    if (key == null) {
      _socket
        ..write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
        ..destroy();
      return bytes.length;
    }
    _socket.write(
      'HTTP/1.1 101 Switching Protocols\r\n'
      'Upgrade: websocket\r\n'
      'Connection: Upgrade\r\n'
      'Sec-WebSocket-Accept: ${acceptKey(key[1]!)}\r\n\r\n',
    );
    _isOpen = true;
    final head = end + 4;
    return head + _readFrames(Uint8List.sublistView(bytes, head));
  }

  /// Reads complete frames, and parts of binary ones. Returns the number of
  /// bytes that were used.
  int _readFrames(Uint8List bytes) {
    var at = 0;
    while (true) {
      if (_toSkip > 0) {
        final there = bytes.length - at;
        if (there < _toSkip) {
          _toSkip -= there;
          return bytes.length;
        }
        at += _toSkip;
        _toSkip = 0;
        _count();
      }
      // A client's header: two bytes, the extended length, the mask.
      if (bytes.length - at < 2) return at;
      final opcode = bytes[at] & 0x0f;
      final short = bytes[at + 1] & 0x7f;
      final extra = switch (short) {
        126 => 2,
        127 => 8,
        _ => 0,
      };
      final begin = at + 2 + extra + 4;
      if (bytes.length < begin) return at;
      final data = ByteData.sublistView(bytes);
      final length = switch (extra) {
        2 => data.getUint16(at + 2),
        8 => data.getUint64(at + 2),
        _ => short,
      };
      switch (opcode) {
        case 0x1:
          if (bytes.length - begin < length) return at;
          _onText(_unmask(bytes, begin, length));
          at = begin + length;
        case 0x8:
          _socket
            ..add(const [0x88, 0])
            ..destroy();
          return bytes.length;
        default:
          _toSkip = length;
          at = begin;
          if (length == 0) _count();
      }
    }
  }

  Uint8List _unmask(Uint8List bytes, int begin, int length) =>
      Uint8List.fromList([
        for (var i = 0; i < length; i++)
          bytes[begin + i] ^ bytes[begin - 4 + (i & 3)],
      ]);

  void _onText(Uint8List payload) {
    final text = utf8.decode(payload);
    switch (text.split(' ')) {
      case ['push', final kind, final size, final count]:
        final (length, number) = (int.parse(size), int.parse(count));
        _pushed = _pushed.then((_) => _push(kind == 'text', length, number));
      case ['count', final count]:
        _toCount = int.parse(count);
      default:
        _socket.add(_frame(0x1, payload));
    }
  }

  void _count() {
    if (_toCount > 0 && --_toCount == 0) {
      _socket.add(_frame(0x1, ascii.encode('done')));
    }
  }

  /// Sends messages in large batches, as fast as the client accepts them.
  Future<void> _push(bool text, int size, int count) async {
    final frame = _frame(
      text ? 0x1 : 0x2,
      Uint8List(size)..fillRange(0, size, 0x78),
    );
    final perBlock = (256 * 1024 / frame.length).ceil();
    Uint8List block(int frames) {
      final block = Uint8List(frame.length * frames);
      for (var i = 0; i < frames; i++) {
        block.setAll(frame.length * i, frame);
      }
      return block;
    }

    final whole = block(perBlock);
    await _socket.addStream(
      Stream.fromIterable([
        for (var i = 0; i < count ~/ perBlock; i++) whole,
        if (count % perBlock > 0) block(count % perBlock),
      ]),
    );
  }

  static Uint8List _frame(int opcode, Uint8List payload) {
    final length = payload.length;
    final head = switch (length) {
      < 126 => Uint8List(2)..[1] = length,
      < 0x10000 =>
        (ByteData(4)
              ..setUint8(1, 126)
              ..setUint16(2, length))
            .buffer
            .asUint8List(),
      _ =>
        (ByteData(10)
              ..setUint8(1, 127)
              ..setUint64(2, length))
            .buffer
            .asUint8List(),
    };
    head[0] = 0x80 | opcode;
    return (BytesBuilder()
          ..add(head)
          ..add(payload))
        .takeBytes();
  }
}
