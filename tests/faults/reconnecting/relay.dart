import 'dart:async';
import 'dart:io';
import 'dart:math';
import 'dart:typed_data';

import 'seeds.dart';

/// How a connection breaks.
enum Fault {
  /// Both ends are closed.
  close,

  /// Both ends receive a RST.
  reset,

  /// The receiver gets a FIN; the other direction continues.
  fin,

  /// Nothing is forwarded any more, and neither end is closed. Sent bytes are
  /// read.
  absorb,

  /// Nothing is forwarded any more, and neither end is closed. Nothing is read.
  stall,
}

/// A TCP relay whose connections break, each by its own plan.
final class Relay {
  Relay._(this._listener, this._upstream, this._random);

  /// Listens on a free port of the loopback interface. [random] makes the
  /// numbers for the plan of each connection, of which the first is 0.
  static Future<Relay> start(int upstream, Random Function(int) random) async {
    final listener = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final relay = Relay._(listener, upstream, random);
    listener.listen(relay._accept);
    return relay;
  }

  final ServerSocket _listener;
  final int _upstream;
  final Random Function(int number) _random;
  final Set<_Pair> _pairs = {};

  /// Where it listens.
  int get port => _listener.port;

  /// How many connections it has accepted.
  int get accepted => _accepted;
  int _accepted = 0;

  bool _isCalm = false;

  /// Stops faults, and ends silent connections.
  void calm() {
    _isCalm = true;
    for (final pair in [..._pairs]) {
      pair.calm();
    }
  }

  /// Breaks the open connections.
  void breakNow(Fault fault) {
    for (final pair in [..._pairs]) {
      pair.breakBy(fault);
    }
  }

  /// Completes when the clients have closed all connections. Connections that
  /// the server keeps, as dart:io does after half a request, are ended.
  Future<void> get idle async {
    while (_pairs.isNotEmpty) {
      final pair = _pairs.first;
      await pair.clientLeft;
      pair._destroy();
      await pair.done;
    }
  }

  /// Accepts no more.
  Future<void> close() => _listener.close();

  Future<void> _accept(Socket client) async {
    // The clients of a case come one after another.
    final random = _random(_accepted++);
    client.done.ignore();
    if (!_isCalm && random.oneIn(10)) return client.destroy();
    final pair = _Pair(client, random, isCalm: _isCalm);
    _pairs.add(pair);
    await pair.run(_upstream);
    _pairs.remove(pair);
  }
}

final class _Pair {
  _Pair(this._client, Random random, {required bool isCalm})
    : _delay = random.oneIn(4) ? random.milliseconds(30) : Duration.zero,
      _up = _Flow(random),
      _down = _Flow(random) {
    final flow = random.nextBool() ? _up : _down;
    if (!isCalm) flow.fault = (random.spread(8000), random.among(Fault.values));
  }

  final Socket _client;
  Socket? _server;
  final Duration _delay;
  final _Flow _up;
  final _Flow _down;

  bool _isSilent = false;
  final _released = Completer<void>();
  final _done = Completer<void>();

  Future<void> get done => _done.future;

  /// Completes when the client has closed, or the connection has ended.
  Future<void> get clientLeft => Future.any([_clientLeft.future, done]);
  final _clientLeft = Completer<void>();

  Future<void> run(int upstream) async {
    try {
      await Future<void>.delayed(_delay);
      final server = _server = await Socket.connect(
        InternetAddress.loopbackIPv4,
        upstream,
      );
      server.done.ignore();
      for (final socket in [_client, server]) {
        socket.setOption(SocketOption.tcpNoDelay, true);
      }
      final passing = Future.wait([
        _pass(_client, server, _up),
        _pass(server, _client, _down),
      ], eagerError: true);
      // A destroyed socket may not complete its futures.
      await Future.any([passing, _released.future]);
    } on Exception {
      // One end is gone.
    }
    _destroy();
    _done.complete();
  }

  Future<void> _pass(Socket source, Socket sink, _Flow flow) async {
    await for (final chunk in source) {
      if (flow.jitter > 0) {
        await Future<void>.delayed(flow.random.milliseconds(flow.jitter));
      }
      var start = 0;
      while (start < chunk.length) {
        if (_stalls) await _released.future;
        if (_isSilent || flow.hasEnded) break;
        final end = min(chunk.length, start + flow.next());
        sink.add(Uint8List.sublistView(chunk, start, end));
        await sink.flush();
        flow.passed += end - start;
        start = end;
        if (flow.dueFault case final fault?) _apply(fault, flow, sink);
      }
    }
    if (source == _client) _clientLeft.complete();
    if (_isSilent) return _destroy();
    if (!flow.hasEnded) await sink.close();
  }

  bool _stalls = false;

  void breakBy(Fault fault) {
    if (_server case final server?) {
      _apply(fault, _up, server);
    } else {
      _client.destroy();
    }
  }

  void _apply(Fault fault, _Flow flow, Socket sink) {
    switch (fault) {
      case Fault.close:
        _destroy();
      case Fault.reset:
        _reset(_client);
        if (_server case final server?) _reset(server);
        _destroy();
      case Fault.fin:
        flow.hasEnded = true;
        sink.close().ignore();
      case Fault.absorb:
        _isSilent = true;
      case Fault.stall:
        _stalls = _isSilent = true;
    }
  }

  void calm() {
    _up.fault = _down.fault = null;
    if (_isSilent) _destroy();
  }

  void _destroy() {
    _client.destroy();
    _server?.destroy();
    if (!_released.isCompleted) _released.complete();
  }

  /// SO_LINGER 0: closing sends a RST.
  static void _reset(Socket socket) {
    final option = Platform.isLinux || Platform.isAndroid ? 13 : 0x80;
    if (Platform.isWindows) return;
    final linger = Int32List.fromList([1, 0]);
    try {
      socket.setRawOption(
        RawSocketOption(
          RawSocketOption.levelSocket,
          option,
          Uint8List.sublistView(linger),
        ),
      );
    } on Exception {
      // It is closed already.
    }
  }
}

/// One direction.
final class _Flow {
  _Flow(Random source)
    : random = Random(source.nextInt(1 << 30)),
      jitter = source.oneIn(4) ? 1 + source.nextInt(8) : 0,
      _piece = source.oneIn(3) ? 1 + source.spread(3000) : 0;

  final Random random;

  /// The maximum delay of a chunk, in milliseconds.
  final int jitter;

  /// The largest piece; 0 for chunks as they arrive.
  final int _piece;

  /// The fault and its position in bytes.
  (int, Fault)? fault;

  int passed = 0;
  bool hasEnded = false;

  /// The number of bytes that are forwarded at once.
  int next() {
    // A few hundred pieces of a large message are enough.
    final piece = _piece > 0 && passed < 20000
        ? 1 + random.nextInt(_piece)
        : 1 << 20;
    return switch (fault) {
      (final at, _) when at > passed => min(piece, at - passed),
      _ => piece,
    };
  }

  /// The fault, once, when its position is reached.
  Fault? get dueFault {
    if (fault case (final at, final due) when passed >= at) {
      fault = null;
      return due;
    }
    return null;
  }
}
