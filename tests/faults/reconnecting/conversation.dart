import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:math';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:web_socket/web_socket.dart' show WebSocketConnectionClosed;

import 'ledger.dart';
import 'relay.dart';
import 'seeds.dart';
import 'server.dart';

/// A limit that nothing reaches.
const net = Duration(seconds: 30);

/// When the user listens to the stream.
enum Listening { always, late, cancelled }

/// The result of a case.
typedef Outcome = ({
  List<String> faults,
  List<String> log,
  int connections,
  Map<String, int> results,
});

/// A case: a user, connections that break, a server.
final class Conversation {
  /// Creates a case. [seed] and [number] determine everything random in it.
  Conversation(this._seed, this._number)
    : _random = randomOf(_seed, [_number, 0]);

  final int _seed;
  final int _number;
  final Random _random;

  final Ledger _ledger = Ledger();
  final List<String> _log = [];
  final List<(String, Future<void>)> _pending = [];
  final List<(int connection, int count)> _closedByServer = [];
  final Set<String> _answers = {};
  final StreamController<String> _answered = StreamController.broadcast();
  final Stopwatch _clock = Stopwatch()..start();

  late final Server _server;

  /// The relay. It keeps listening, to detect dials after the end.
  late final Relay relay;

  late final ReconnectingWebSocketChannel _channel;
  StreamSubscription<dynamic>? _subscription;
  late final Listening _listening;
  final Completer<void> _streamDone = Completer();
  final Completer<void> _statesDone = Completer();

  /// Whether a stream is being added.
  Future<void>? _source;

  /// Whether the channel was closed, after which it must call no callback.
  bool _isOver = false;

  void _note(String what) =>
      _log.add('${_clock.elapsedMilliseconds} ms: $what');

  void _fault(String what) {
    _note('FAULT $what');
    _ledger.faults.add(what);
  }

  /// Runs it.
  Future<Outcome> run() async {
    // Ignores unhandled errors of dart:io's server when a connection breaks.
    await runZonedGuarded(_serve, (error, stackTrace) {
      if (error is IOException) return;
      _fault('the server or the relay: $error\n$stackTrace');
    });
    final ended = Completer<void>();
    runZonedGuarded(
      () async {
        try {
          await _play();
        } on TimeoutException catch (error) {
          _fault('$error');
        } finally {
          ended.complete();
        }
      },
      (error, stackTrace) {
        _fault('unhandled: $error\n$stackTrace');
      },
    );
    await ended.future;
    await _server.close();
    return (
      faults: _ledger.faults,
      log: _log,
      connections: relay.accepted,
      results: _ledger.tally,
    );
  }

  Future<void> _serve() async {
    _server = await Server.start(
      (connection) => randomOf(_seed, [_number, 1, connection]),
      _random.oneIn(3)
          ? CompressionOptions.compressionDefault
          : CompressionOptions.compressionOff,
    );
    relay = await Relay.start(
      _server.port,
      (connection) => randomOf(_seed, [_number, 2, connection]),
    );
  }

  Future<void> _play() async {
    _connect();
    // Enough for several lost connections.
    final target = 5 + _random.nextInt(4);
    for (var step = 0; step < 600; step++) {
      if (step >= 40 && _channel.reconnects >= target) break;
      _step();
      if (_channel.state is ChannelClosed) {
        return _fault('it gave up: ${_channel.state}');
      }
      if (_random.nextBool()) {
        await Future<void>.delayed(_random.milliseconds(10));
      }
    }
    final settles = !_random.oneIn(3);
    if (settles || _source != null) await _calm();
    final marker = settles ? await _settle() : null;
    await _close(marker);
  }

  void _connect() {
    final random = _random;
    final url = 'ws://127.0.0.1:${relay.port}';
    _listening = switch (random.nextInt(12)) {
      0 => Listening.late,
      1 => Listening.cancelled,
      _ => Listening.always,
    };
    final pingInterval = random.among([
      null,
      const Duration(milliseconds: 60),
      const Duration(milliseconds: 200),
      const Duration(seconds: 20),
    ]);
    final connectTimeout = random.among(const [
      Duration(milliseconds: 150),
      Duration(milliseconds: 500),
      Duration(seconds: 10),
    ]);
    final options = WebSocketOptions(
      closeTimeout: Duration(milliseconds: 20 + random.nextInt(300)),
      maxBufferedAmount: random.oneIn(4) ? 100 * 1024 : null,
    );
    final hook = random.nextInt(3);
    final reconnect = ReconnectOptions(
      backoff: const BackoffOptions(
        start: Duration(milliseconds: 1),
        cap: Duration(milliseconds: 20),
        minUptime: Duration.zero,
      ),
      probeTimeout: Duration(milliseconds: 20 + random.nextInt(200)),
      queue: QueueOptions(
        maxMessages: random.oneIn(3) ? 1 + random.nextInt(10) : 1000,
        policy: random.among(QueuePolicy.values),
      ),
      decide: (failure) {
        if (_isOver) _fault('it decides after the end');
        return ReconnectDecision.byDefault(failure);
      },
      onReconnected: hook == 0 ? null : (send) => _greet(send, hook == 1),
    );
    _note(
      'ping $pingInterval, connect $connectTimeout, close '
      '${options.closeTimeout}, limit ${options.maxBufferedAmount}, queue '
      '${reconnect.queue.maxMessages} ${reconnect.queue.policy.name}, hook '
      '$hook, listening ${_listening.name}',
    );
    if (random.nextBool()) {
      _channel = ReconnectingWebSocketChannel.connect(
        url,
        pingInterval: pingInterval,
        connectTimeout: connectTimeout,
        options: options,
        reconnect: reconnect,
      );
    } else {
      _channel = ReconnectingWebSocketChannel.connectTo(
        (attempt) => _find(url, attempt),
        pingInterval: pingInterval,
        connectTimeout: connectTimeout,
        options: options,
        reconnect: reconnect,
      );
    }
    _channel.unsent.listen(
      (unsent) => _ledger.settle(
        _nameOf(unsent.message),
        unsent.result,
        isAnswer: false,
      ),
    );
    _channel.states.listen(_onState, onDone: _statesDone.complete);
    if (_listening != Listening.late) _listen();
    if (_listening == Listening.cancelled) _subscription!.cancel();
  }

  Future<void> _greet(void Function(Object) send, bool isBrief) async {
    if (_isOver) _fault('onReconnected after the end');
    try {
      send(messageOf(_ledger.add('h'), 10));
    } on SendBufferFullException {
      // Impossible: nothing else was sent on this connection yet.
      _fault('onReconnected has no room');
    }
    if (isBrief) return;
    await Future<void>.delayed(const Duration(milliseconds: 3));
    if (!_server.isCalm && _random.oneIn(5)) {
      throw const FormatException('a hook that fails');
    }
  }

  Future<ConnectTarget> _find(String url, int attempt) async {
    if (_isOver) _fault('it looks for a target after the end');
    if (!_server.isCalm && _random.oneIn(15)) {
      throw const FormatException('no target');
    }
    await Future<void>.delayed(_random.milliseconds(3));
    return ConnectTarget('$url/$attempt');
  }

  static String? _nameOf(Object? message) =>
      nameOf(message is String ? message : utf8.decode(message! as List<int>));

  bool _isStateClosed = false;

  void _onState(ChannelState state) {
    _note('$state');
    if (_isStateClosed) _fault('$state after ChannelClosed');
    if (_log.length < 3 && state is! ChannelConnecting)
      _fault('first is $state');
    _isStateClosed = state is ChannelClosed;
    if (state case ChannelWaiting(
      cause: ConnectionEnded(
        info: CloseInfo(
          initiator: CloseInitiator.remote,
          isClean: true,
          :final reason,
        ),
      ),
    )) {
      // After a FIN dart:io's server closes without a reason.
      if (reason.split(':') case [final connection, final count]) {
        _closedByServer.add((int.parse(connection), int.parse(count)));
      }
    }
  }

  void _listen() {
    _subscription = _channel.stream.listen(
      (message) {
        final text = message is String
            ? message
            : utf8.decode(message as List<int>);
        final answer = _ledger.receive(text);
        if (answer.isEmpty) return;
        _answers.add(answer);
        _answered.add(answer);
      },
      onError: (Object error) {
        if (_channel.ready case final ready) {
          ready.then(
            (_) => _fault('the stream has an error: $error'),
            onError: (Object _) {},
          );
        }
      },
      onDone: _streamDone.complete,
    );
  }

  // Actions of the user.

  void _step() {
    final suspended = _channel.state is ChannelSuspended;
    final paused = _subscription?.isPaused ?? false;
    if (suspended && _random.oneIn(4)) return _do('resume', _channel.resume);
    if (paused && _random.oneIn(4)) return _do('go on', _subscription!.resume);
    switch (_random.nextInt(100)) {
      case < 45:
        for (var i = _random.nextInt(5); i >= 0; i--) {
          _send();
        }
      case < 51:
        if (!paused && _listening == Listening.always) {
          _do('pause', _subscription!.pause);
        }
      case < 57:
        _do('suspend', _channel.suspend);
      case < 59:
        _do('suspend, resume', () {
          _channel
            ..suspend()
            ..resume();
        });
      case < 63:
        _do('reconnectNow', _channel.reconnectNow);
      case < 69:
        _pending.add(('flush', _channel.flush()));
      case < 75:
        _pending.add(('ping', _ping()));
      case < 82:
        final fault = _random.among(Fault.values);
        _do('break by ${fault.name}', () => relay.breakNow(fault));
      case < 86:
        _addStream();
    }
  }

  void _do(String what, void Function() action) {
    _note(what);
    action();
  }

  Future<void> _ping() async {
    try {
      await _channel.ping();
    } on WebSocketConnectionClosed {
      // It is lost.
    } on TimeoutException {
      // It is silent.
    }
  }

  int _size() => _random.spread(_random.oneIn(15) ? 60000 : 2000);

  Future<SendResult> _sendOne(String name, [int size = 10]) {
    final text = messageOf(name, size);
    return _channel.send(_random.nextBool() ? text : utf8.encode(text));
  }

  void _send() {
    if (_source != null || _random.nextBool()) {
      final name = _ledger.add('m', hasResult: true);
      final settled = _sendOne(
        name,
        _size(),
      ).then((result) => _ledger.settle(name, result, isAnswer: true));
      return _pending.add(('the result of $name', settled));
    }
    final name = _ledger.add('m');
    final text = messageOf(name, _size());
    try {
      _channel.sink.add(_random.nextBool() ? text : utf8.encode(text));
    } on QueueFullException {
      // `unsent` reports it too.
    } on SendBufferFullException {
      _ledger.refuse(name);
    }
  }

  void _addStream() {
    if (_source != null) return;
    final count = 1 + _random.nextInt(8);
    final gap = _random.milliseconds(4);
    Stream<String> messages() async* {
      for (var i = 0; i < count; i++) {
        // The next one is requested while the channel accepts messages.
        yield messageOf(_ledger.add('t'), _size());
        await Future<void>.delayed(gap);
      }
    }

    _note('add a stream of $count');
    _source = _channel.sink.addStream(messages()).whenComplete(() {
      _note('the stream has been added');
      _source = null;
    });
  }

  // The end.

  /// Lets everything work again.
  Future<void> _calm() async {
    _note('calm');
    _server.isCalm = true;
    relay.calm();
    if (_listening == Listening.late && _subscription == null) _listen();
    if (_subscription?.isPaused ?? false) _subscription!.resume();
    if (_channel.state is ChannelSuspended) _channel.resume();
    final source = _source;
    if (source != null) await _within('addStream', source);
  }

  /// Sends until there is an answer, and returns the answered message.
  Future<String> _settle() async {
    final deadline = _clock.elapsed + net;
    while (_clock.elapsed < deadline) {
      if (_channel.state is ChannelSuspended) _channel.resume();
      await _within(
        'a connection',
        _channel.states.firstWhere(
          (it) => it is ChannelOpen || it is ChannelClosed,
        ),
      );
      if (_channel.state is ChannelClosed) break;
      final name = _ledger.add('q', hasResult: true);
      final answers = _listening == Listening.cancelled
          ? _server.arrivals
          : _answered.stream;
      final answered = answers.firstWhere((it) => it == name).then((_) => true);
      final lost = _channel.states
          .firstWhere((it) => it is! ChannelOpen)
          .then((_) => false);
      final result = await _within('the result of $name', _sendOne(name));
      _ledger.settle(name, result, isAnswer: true);
      if (result != SendResult.sent) continue;
      final isAnswered = await _within(
        'the answer to $name',
        Future.any([answered, lost]),
      );
      if (!isAnswered) continue;
      _note('settled');
      if (_listening == Listening.always) {
        for (final (connection, count) in _closedByServer) {
          _ledger.checkComplete(connection, count);
        }
      }
      return name;
    }
    _fault('no message comes through: ${_channel.state}');
    throw TimeoutException('it does not settle', net);
  }

  Future<void> _close(String? marker) async {
    for (var i = _random.nextInt(6); i > 0; i--) {
      _send();
    }
    _note('close');
    final code = _random.among([null, 1000, 4321]);
    await _within(
      'close',
      _channel.sink.close(code, code == null ? null : 'x'),
    );
    await _within('ended', _channel.ended);
    _isOver = true;
    if (_channel.state case final state
        when state is! ChannelClosed || state.cause != null) {
      _fault('it is closed, and $state');
    }
    if (_subscription?.isPaused ?? false) _subscription!.resume();
    if (_listening == Listening.late && _subscription == null) _listen();
    _channel
      ..reconnectNow()
      ..suspend()
      ..resume();
    final late = await _within('a late send', _channel.send('late'));
    if (late != SendResult.closed) _fault('sent after the end: $late');
    _pending.add(('flush', _channel.flush()));
    await _within('ready', _channel.ready.catchError((_) {}));
    await _within('done', _channel.sink.done);
    if (_listening != Listening.cancelled) {
      await _within('the end of the stream', _streamDone.future);
    }
    await _within('the end of the states', _statesDone.future);
    for (final (what, future) in _pending) {
      await _within(what, future);
    }
    // A silent connection sends nothing to the server.
    relay.calm();
    await _within('the server to have no connection', _server.idle);
    await _within('the relay to have no connection', relay.idle);
    _server.faults.forEach(_fault);
    _ledger.check(_server.connections);
    final isClean = _channel.closeInfo?.isClean ?? false;
    if (marker == null || !isClean) return;
    final missing = _ledger.missing(_server.connections, after: marker);
    if (missing.isNotEmpty) _fault('a clean close has lost $missing');
  }

  static Future<T> _within<T>(String what, Future<T> future) => future.timeout(
    net,
    onTimeout: () => throw TimeoutException('waiting for $what', net),
  );
}
