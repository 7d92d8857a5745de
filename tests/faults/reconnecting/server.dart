import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:math';

import 'seeds.dart';

/// The server's observations of a connection.
final class ServerConnection {
  ServerConnection(this.number);

  /// In the order of the handshakes.
  final int number;

  /// The names of received messages, in order.
  final List<String> received = [];
}

/// A server that records messages, and sends numbered ones.
final class Server {
  Server._(this._http, this._random, this._compression);

  /// Listens on a free port of the loopback interface.
  static Future<Server> start(
    Random Function(int connection) random,
    CompressionOptions compression,
  ) async {
    final http = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    final server = Server._(http, random, compression);
    // A client that closes within its request.
    http.listen(server._onRequest, onError: (_) {});
    return server;
  }

  final HttpServer _http;
  final Random Function(int connection) _random;
  final CompressionOptions _compression;

  /// The connections so far.
  final List<ServerConnection> connections = [];

  /// The faults of received messages.
  final List<String> faults = [];

  final Set<Future<void>> _open = {};
  final StreamController<String> _arrivals = StreamController.broadcast();
  int _requests = 0;

  /// Stops refusals and closes.
  bool isCalm = false;

  /// Where it listens.
  int get port => _http.port;

  /// The names of messages as they arrive.
  Stream<String> get arrivals => _arrivals.stream;

  /// Completes when no connection is left.
  Future<void> get idle async {
    while (_open.isNotEmpty) {
      await _open.first;
    }
  }

  Future<void> close() => _http.close(force: true);

  Future<void> _onRequest(HttpRequest request) async {
    final random = _random(_requests++);
    if (!isCalm && random.oneIn(12)) {
      request.response.statusCode = 503;
      return request.response.close().then((_) {}, onError: (_) {});
    }
    final WebSocket socket;
    try {
      socket = await WebSocketTransformer.upgrade(
        request,
        compression: _compression,
      );
    } on Exception {
      return;
    }
    final connection = ServerConnection(connections.length);
    connections.add(connection);
    final ended = _converse(socket, connection, random);
    _open.add(ended);
    await ended;
    _open.remove(ended);
  }

  Future<void> _converse(
    WebSocket socket,
    ServerConnection connection,
    Random random,
  ) {
    final ended = Completer<void>();
    var sent = 0;
    Timer? timer;
    final last = random.oneIn(3) ? random.nextInt(60) : null;

    void send(String answer) {
      if (socket.readyState != WebSocket.open) return;
      final size = random.spread(random.oneIn(20) ? 40000 : 1500);
      final text = 's:${connection.number}:${sent++}:$answer:${'y' * size}';
      try {
        socket.add(random.nextBool() ? text : utf8.encode(text));
      } on StateError {
        // The connection is gone, which dart:io reports only by this.
        return;
      }
      if (!isCalm && last != null && sent > last) {
        // The client checks that it has all of them.
        final code = random.among([1001, 1011, 1012, 4000]);
        socket.close(code, '${connection.number}:$sent').ignore();
      }
    }

    void talk() {
      for (var i = random.nextInt(5); i > 0; i--) {
        send('');
      }
      timer = Timer(random.milliseconds(isCalm ? 40 : 12), talk);
    }

    socket.done.ignore();
    socket.listen(
      (message) {
        final text = message is String
            ? message
            : utf8.decode(message as List<int>);
        final name = nameOf(text);
        if (name == null) {
          faults.add('the server got ${text.length} characters of nonsense');
          return;
        }
        connection.received.add(name);
        _arrivals.add(name);
        if (name.startsWith('q')) send(name);
      },
      onError: (_) {},
      onDone: () {
        timer?.cancel();
        ended.complete();
      },
    );
    talk();
    return ended.future;
  }
}

/// A message of the client: its name, and bytes that show whether it is
/// complete.
String messageOf(String name, int size) => '$name:$size:${'x' * size}';

/// The name of such a message; null for another message.
String? nameOf(String text) {
  if (text.split(':') case [
    final name,
    final size,
    final filling,
  ] when filling.length == int.tryParse(size)) {
    return name;
  }
  return null;
}
