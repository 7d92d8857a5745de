import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:test/test.dart';

/// A server over dart:io that hands each WebSocket to [onSocket], without
/// compression unless [compression] says otherwise. It is closed after the test.
Future<Uri> serve(
  void Function(WebSocket socket) onSocket, {
  String? Function(List<String> offered)? selectProtocol,
  CompressionOptions compression = CompressionOptions.compressionOff,
}) async {
  final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
  addTearDown(() => server.close(force: true));
  server.listen((request) async {
    onSocket(
      await WebSocketTransformer.upgrade(
        request,
        protocolSelector: selectProtocol == null
            ? null
            : (offered) => selectProtocol(offered) ?? '',
        compression: compression,
      ),
    );
  });
  return Uri.parse('ws://127.0.0.1:${server.port}');
}

/// A server that echoes every message.
Future<Uri> serveEcho({
  CompressionOptions compression = CompressionOptions.compressionOff,
}) => serve((socket) => socket.listen(socket.add), compression: compression);

/// A server that answers every request over HTTP.
Future<Uri> serveHttp(void Function(HttpRequest request) onRequest) async {
  final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
  addTearDown(() => server.close(force: true));
  server.listen(onRequest);
  return Uri.parse('ws://127.0.0.1:${server.port}');
}

/// A server that hands each TCP connection to [onSocket] as it is.
Future<Uri> serveTcp(void Function(Socket socket) onSocket) async {
  final server = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
  addTearDown(server.close);
  server.listen((socket) {
    // A client that goes away in the middle is what some tests are about.
    socket.done.ignore();
    addTearDown(socket.destroy);
    onSocket(socket);
  });
  return Uri.parse('ws://127.0.0.1:${server.port}');
}

/// Closes [socket] by a RST, by setting SO_LINGER to 0.
void reset(Socket socket) {
  final option = Platform.isLinux || Platform.isAndroid ? 13 : 0x80;
  socket
    ..setRawOption(
      RawSocketOption(
        RawSocketOption.levelSocket,
        option,
        // Windows has 16 bits for each of the two numbers.
        Platform.isWindows
            ? Uint8List.sublistView(Uint16List.fromList([1, 0]))
            : Uint8List.sublistView(Int32List.fromList([1, 0])),
      ),
    )
    ..destroy();
}

/// The server's end of a WebSocket whose frames a test writes by hand.
final class RawPeer {
  RawPeer._(this.socket, this.request);

  /// The TCP connection.
  final Socket socket;

  /// The head of the upgrade request.
  final String request;

  final List<int> _received = [];
  Completer<void> _more = Completer();
  bool _isAtEnd = false;

  /// Sends bytes as they are.
  void send(List<int> bytes) => socket.add(bytes);

  /// Sends an unmasked frame with FIN set, unless [header] says otherwise.
  void sendFrame(int opcode, List<int> payload, {int flags = 0x80}) {
    final size = payload.length;
    socket.add([
      flags | opcode,
      if (size < 126) size else ...[126, size >> 8, size & 0xff],
      ...payload,
    ]);
  }

  /// The next frame of the client, unmasked; null at the end of the connection.
  /// Its flags are FIN and the reserved bits, where they stand in the frame.
  Future<({int flags, int opcode, Uint8List payload})?> nextFrame() async {
    while (true) {
      final frame = _takeFrame();
      if (frame != null) return frame;
      if (_isAtEnd) return null;
      await _more.future;
    }
  }

  ({int flags, int opcode, Uint8List payload})? _takeFrame() {
    if (_received.length < 2) return null;
    final [first, second, ...] = _received;
    final sizeBytes = switch (second & 0x7f) {
      126 => 2,
      127 => 8,
      _ => 0,
    };
    final start = 2 + sizeBytes + 4;
    if (_received.length < start) return null;
    var size = second & 0x7f;
    if (sizeBytes > 0) {
      size = 0;
      for (var i = 0; i < sizeBytes; i++) {
        size = size << 8 | _received[2 + i];
      }
    }
    if (_received.length < start + size) return null;
    final payload = Uint8List(size);
    for (var i = 0; i < size; i++) {
      payload[i] = _received[start + i] ^ _received[start - 4 + i % 4];
    }
    _received.removeRange(0, start + size);
    return (flags: first & 0xf0, opcode: first & 0x0f, payload: payload);
  }

  void _add(List<int> bytes) {
    _received.addAll(bytes);
    _wake();
  }

  void _end() {
    _isAtEnd = true;
    _wake();
  }

  void _wake() {
    final more = _more;
    _more = Completer();
    more.complete();
  }
}

/// A server that does the handshake, with [response] after it in the same
/// segment, and leaves the frames to [onPeer].
Future<Uri> serveFrames(
  void Function(RawPeer peer) onPeer, {
  List<int> Function()? firstBytes,
  String extraHeaders = '',
}) => serveTcp((socket) {
  final head = BytesBuilder();
  RawPeer? peer;
  socket.listen(
    (bytes) {
      if (peer case final peer?) return peer._add(bytes);
      head.add(bytes);
      final request = latin1.decode(head.toBytes());
      if (!request.contains('\r\n\r\n')) return;
      socket.add([
        ...latin1.encode(upgradeResponse(request, extraHeaders)),
        ...?firstBytes?.call(),
      ]);
      peer = RawPeer._(socket, request);
      onPeer(peer!);
    },
    onDone: () => peer?._end(),
    onError: (Object _) => peer?._end(),
  );
});

/// The 101 response to an upgrade request.
String upgradeResponse(String request, [String extraHeaders = '']) {
  final key = RegExp(
    r'^sec-websocket-key:\s*(\S+)',
    caseSensitive: false,
    multiLine: true,
  ).firstMatch(request)!.group(1)!;
  return 'HTTP/1.1 101 Switching Protocols\r\n'
      'Upgrade: websocket\r\n'
      'Connection: Upgrade\r\n'
      'Sec-WebSocket-Accept: ${acceptKey(key)}\r\n'
      '$extraHeaders\r\n';
}

/// RFC 6455 section 4.2.2. The hash is below, since there is no SHA-1 in the
/// Dart SDK.
String acceptKey(String key) => base64.encode(
  _sha1(ascii.encode('${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11')),
);

/// FIPS 180-4 section 6.1.
List<int> _sha1(List<int> message) {
  const mask = 0xffffffff;
  int rotate(int x, int n) => ((x << n) | (x >> (32 - n))) & mask;
  final length = message.length;
  final padded = Uint8List(((length + 8) ~/ 64 + 1) * 64)
    ..setRange(0, length, message)
    ..[length] = 0x80;
  final words = ByteData.sublistView(padded)
    ..setUint32(padded.length - 4, length * 8);
  final hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (var block = 0; block < padded.length; block += 64) {
    final w = [for (var i = 0; i < 16; i++) words.getUint32(block + 4 * i)];
    for (var i = 16; i < 80; i++) {
      w.add(rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1));
    }
    var [a, b, c, d, e] = hash;
    for (var i = 0; i < 80; i++) {
      final (f, k) = switch (i ~/ 20) {
        0 => ((b & c) | (~b & mask & d), 0x5a827999),
        1 => (b ^ c ^ d, 0x6ed9eba1),
        2 => ((b & c) | (b & d) | (c & d), 0x8f1bbcdc),
        _ => (b ^ c ^ d, 0xca62c1d6),
      };
      final next = (rotate(a, 5) + f + e + k + w[i]) & mask;
      (a, b, c, d, e) = (next, a, rotate(b, 30), c, d);
    }
    final sums = [a, b, c, d, e];
    for (var i = 0; i < 5; i++) {
      hash[i] = (hash[i] + sums[i]) & mask;
    }
  }
  return [
    for (final word in hash)
      for (var shift = 24; shift >= 0; shift -= 8) (word >> shift) & 0xff,
  ];
}
