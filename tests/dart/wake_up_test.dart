// A phone wakes up: its connection is dead and nobody has said so, it is in
// another network, its token has expired, and a captive portal answers first.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

/// Longer than a healthy peer takes to answer on a busy machine.
const _probeTimeout = Duration(seconds: 2);

void main() {
  late _Network network;
  late _Server server;
  late StreamController<Object?> changes;
  late ReconnectingWebSocketChannel channel;
  late StreamIterator<dynamic> received;
  final states = <ChannelState>[];

  setUp(() async {
    server = await _Server.start();
    network = await _Network.start(server);
    changes = StreamController<Object?>.broadcast();
    states.clear();
    channel = ReconnectingWebSocketChannel.connectTo(
      (_) => ConnectTarget(
        'ws://127.0.0.1:${network.port}',
        headers: {'authorization': 'Bearer ${server.token}'},
      ),
      reconnect: ReconnectOptions(
        // Without a network change a wait would last for ever.
        backoff: const BackoffOptions(
          start: Duration(days: 1),
          cap: Duration(days: 1),
          minUptime: Duration.zero,
        ),
        probeTimeout: _probeTimeout,
        networkChanges: changes.stream,
        onReconnected: (send) => send('subscribe'),
      ),
    );
    channel.states.listen(states.add);
    received = StreamIterator(channel.stream);
    await channel.ready;
    channel.sink.add('before');
    expect(await received.moveNext(), isTrue);
    expect(received.current, 'before');

    channel.suspend();
    network.cut();
    server.token = 'another';
    channel.sink.add('written while away');
    changes.add('mobile');
    states.clear();
  });

  tearDown(() async {
    await channel.sink.close();
    await network.stop();
    await server.stop();
  });

  /// The messages after the wake-up, each as often as it came.
  Future<List<Object?>> messages(int count) async => [
    for (var i = 0; i < count && await received.moveNext(); i++)
      received.current,
  ];

  test('it is connected again after one probe and one connect', () async {
    final story = Stopwatch()..start();
    channel.resume();
    expect(await messages(2), ['subscribe', 'written while away']);
    expect(
      story.elapsed,
      greaterThanOrEqualTo(_probeTimeout),
      reason: 'the old connection is dead, which only the probe finds out',
    );
    // No wait, and one attempt.
    expect(states.map(_name), ['suspended', 'connecting 1 after 1001', 'open']);
    expect(server.seen, [
      'Bearer first: before',
      'Bearer another: subscribe',
      'Bearer another: written while away',
    ]);
    print('from resume to the first message: ${story.elapsed}');
  });

  test(
    'a captive portal is waited for, and the server is found behind it',
    () async {
      network.isPortal = true;
      channel.resume();
      await _until(channel, (state) => state is ChannelWaiting);
      // The user logs in.
      network.isPortal = false;
      changes.add('wifi');
      expect(await messages(2), ['subscribe', 'written while away']);
      expect(states.map(_name), [
        'suspended',
        'connecting 1 after 1001',
        'waiting after 403',
        'connecting 2 after 403',
        'open',
      ]);
      expect(server.seen.skip(1), [
        'Bearer another: subscribe',
        'Bearer another: written while away',
      ]);
    },
  );
}

Future<void> _until(
  ReconnectingWebSocketChannel channel,
  bool Function(ChannelState state) isReached,
) => channel.states.firstWhere(isReached);

String _name(ChannelState state) => switch (state) {
  ChannelConnecting(:final attempt, :final cause) =>
    'connecting $attempt after ${_code(cause)}',
  ChannelWaiting(:final cause) => 'waiting after ${_code(cause)}',
  ChannelOpen() => 'open',
  ChannelSuspended() => 'suspended',
  ChannelClosed() => 'closed',
};

Object? _code(ConnectionFailure? failure) => switch (failure) {
  ConnectionEnded(:final info) => info.code,
  ConnectFailed(error: UpgradeRefusedException(:final statusCode)) =>
    statusCode,
  _ => failure,
};

/// Echoes the messages of clients with the current token.
final class _Server {
  _Server._(this._server) {
    _server.listen(_answer);
  }

  static Future<_Server> start() async =>
      _Server._(await HttpServer.bind(InternetAddress.loopbackIPv4, 0));

  final HttpServer _server;
  String token = 'first';

  /// The messages, each after the token of its client.
  final List<String> seen = [];

  int get port => _server.port;

  Future<void> _answer(HttpRequest request) async {
    final authorization = request.headers.value('authorization');
    if (authorization != 'Bearer $token') {
      request.response.statusCode = HttpStatus.unauthorized;
      return request.response.close();
    }
    final socket = await WebSocketTransformer.upgrade(request);
    socket.listen((message) {
      seen.add('$authorization: $message');
      socket.add(message);
    });
  }

  Future<void> stop() => _server.close(force: true);
}

/// Passes bytes between a client and the server.
final class _Network {
  _Network._(this._listener, this._server) {
    _listener.listen(_accept);
  }

  static Future<_Network> start(_Server server) async => _Network._(
    await ServerSocket.bind(InternetAddress.loopbackIPv4, 0),
    server,
  );

  final ServerSocket _listener;
  final _Server _server;
  final List<Socket> _sockets = [];

  int get port => _listener.port;

  final Set<Socket> _dead = {};

  /// From now on, the connections that exist pass nothing on, without a word.
  void cut() => _dead.addAll(_sockets);

  /// Whether a captive portal answers in the place of the server.
  bool isPortal = false;

  Future<void> _accept(Socket client) async {
    _sockets.add(client);
    if (isPortal) return _answerAsPortal(client);
    final server = await Socket.connect(
      InternetAddress.loopbackIPv4,
      _server.port,
    );
    _sockets.add(server);
    _pass(client, server);
    _pass(server, client);
  }

  void _pass(Socket from, Socket to) {
    // Errors are the other side's, which is closed too.
    unawaited(to.done.catchError((Object _) => null));
    from.listen(
      (bytes) {
        if (!_dead.contains(from)) to.add(bytes);
      },
      onError: (Object _) => to.destroy(),
      onDone: () {
        if (!_dead.contains(from)) unawaited(to.close());
      },
    );
  }

  void _answerAsPortal(Socket client) {
    unawaited(client.done.catchError((Object _) => null));
    client.listen((bytes) {
      if (!latin1.decode(bytes).contains('\r\n\r\n')) return;
      client.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      unawaited(client.close());
    }, onError: (Object _) {});
  }

  Future<void> stop() async {
    await _listener.close();
    for (final socket in _sockets) {
      socket.destroy();
    }
  }
}
