// Random use of a reconnecting channel over random connections in fake time,
// checked against its contract. Each case follows from its seed:
//
// RECONNECT_SEED=S  the first seed, 1 if left out
// RECONNECT_CASES=N  how many cases, 20000 if left out
import 'dart:async';
import 'dart:io';
import 'dart:math';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:rust_web_socket/src/reconnect/setup.dart';
import 'package:test/test.dart';

import 'support/fake_time.dart';
import 'support/model_connection.dart';
import 'support/test_connections.dart';

void main() {
  final environment = Platform.environment;
  final first = int.parse(environment['RECONNECT_SEED'] ?? '1');
  final count = int.parse(environment['RECONNECT_CASES'] ?? '20000');

  test('random calls and events never violate the contract', () {
    for (var seed = first; seed < first + count; seed++) {
      final violations = _Case(seed).run();
      if (violations.isEmpty) continue;
      fail(
        'Case $seed: ${violations.join('\n')}\n'
        'Replay it: RECONNECT_SEED=$seed RECONNECT_CASES=1 '
        'cargo xtask test --dart-only reconnect_model',
      );
    }
  }, timeout: Timeout.none);
}

enum _Way { add, send, addStream }

/// A message of the app.
final class _Message {
  _Message(this.id, this.way, {required this.isLate});

  final int id;
  final _Way way;

  /// It was sent after the end, so it has no result.
  final bool isLate;
  SendResult? result;

  String get text => '$id';
}

/// Spreads the waits, and notes how.
final class _Spread implements Random {
  _Spread(int seed) : _random = Random(seed);

  final Random _random;
  final List<double> values = [];

  @override
  double nextDouble() {
    final value = _random.nextDouble();
    values.add(value);
    return value;
  }

  @override
  bool nextBool() => _random.nextBool();

  @override
  int nextInt(int max) => _random.nextInt(max);
}

const _second = Duration(seconds: 1);

final class _Case {
  _Case(this.seed) : random = Random(seed);

  final int seed;
  final Random random;
  final FakeTime time = FakeTime();
  final List<ModelConnection> connections = [];
  final List<String> violations = [];
  final List<String> log = [];

  /// Whether it is long, with a listener that pauses most of the time.
  late final bool isLong = chance(20);

  /// Whether its messages have no listener.
  late final bool isDeaf = chance(4);

  late final ReconnectingWebSocketChannel channel;
  late final QueueOptions queue;
  late final bool hasHook;
  late final Heartbeat? heartbeat;
  final changes = StreamController<Object?>(sync: true);

  /// Whether the network changes, which ends waits and moves heartbeats.
  late final bool hasChanges = chance(3);

  /// Since when it is open without an interruption; null while it is not.
  Duration? openSince;
  bool isResuming = false;

  /// The wait that `resume` has asked for a sign of life of this connection.
  (ModelConnection, Duration)? resumed;
  int failedAnswers = 0;

  /// The attempt of the target that was computed during the wait; 0 for none.
  int targetAttempt = 0;

  /// The number of messages at a close that sends what is queued.
  int? closesWithQueue;
  late final bool isLimited;
  late final bool hasPings;

  late final _Spread spread = _Spread(seed);

  /// How many waits there may have been since the back-off last began.
  Set<int> waits = {0};

  /// The number of waits that were checked, and before which of them the
  /// back-off may or must have begun anew.
  int checked = 0;
  final Set<int> mayReset = {};
  final Set<int> mustReset = {};
  ConnectionFailure? lastCause;

  /// The attempts since then, if all have a connection.
  int attempts = 0;
  bool mayResetAttempts = false;

  ReconnectDecision decision = const ReconnectDecision.retry();

  /// Whether `decide` has ended it.
  bool hasStopped = false;

  ChannelState? state;
  Duration stateSince = Duration.zero;
  late final int? maxAttempts;
  late final Duration? maxDuration;

  final List<_Message> messages = [];
  StreamSubscription<dynamic>? subscription;
  bool isListenedTo = false;
  bool isCancelled = false;
  int pauses = 0;
  bool isClosedByUser = false;
  bool isAdding = false;
  final List<String> received = [];
  int ends = 0;
  int errors = 0;

  /// Futures that have not completed, by description.
  final Map<int, String> pending = {};
  int _futures = 0;

  /// Whether connections open by themselves, with a healthy peer.
  bool isCalm = false;

  int? connectionsAtEnd;

  bool chance(int oneIn) => random.nextInt(oneIn) == 0;

  T pick<T>(List<T> choices) => choices[random.nextInt(choices.length)];

  void note(String what) => log.add(
    '${time.now.inMilliseconds} ms, ${channel.state.runtimeType}: $what',
  );

  void violate(String what) => violations.add(what);

  void watch(String what, Future<Object?> future) {
    final key = _futures++;
    pending[key] = what;
    future
        .then((_) {}, onError: (Object _) {})
        .whenComplete(() => pending.remove(key));
  }

  List<String> run() {
    time.run(connect);
    if (isLong && !isDeaf) {
      user('listen', listen);
      user('pause', listen);
    }
    final steps = isLong ? 500 : 10 + random.nextInt(60);
    for (var i = 0; i < steps && violations.isEmpty; i++) {
      step();
      check();
    }
    if (violations.isEmpty) {
      settle();
      check();
      checkEnd();
    }
    if (violations.isNotEmpty) violations.addAll(log);
    return violations;
  }

  // The channel under test.

  void connect() {
    queue = QueueOptions(
      maxMessages: pick([1, 3, 1000]),
      policy: pick(QueuePolicy.values),
    );
    hasHook = chance(3);
    isLimited = chance(3);
    hasPings = !chance(4);
    maxAttempts = !isLong && chance(4) ? 1 + random.nextInt(5) : null;
    maxDuration = !isLong && chance(4) ? _second * pick([1, 20, 600]) : null;
    heartbeat = switch (random.nextInt(6)) {
      0 || 1 => Heartbeat(
        message: newHeartbeat,
        isAnswer: isAnswer,
        interval: _second * 7,
        timeout: _second * 2,
      ),
      2 => Heartbeat.ofServer(isAnswer: isAnswer, timeout: _second * 9),
      _ => null,
    };
    channel = ReconnectingWebSocketChannel.over(
      ReconnectSetup(
        findTarget: chance(3) ? findTarget : null,
        ConnectionRequest(
          'ws://fake.test',
          connectTimeout: _second * 10,
          options: WebSocketOptions(maxBufferedAmount: isLimited ? 8 : null),
        ),
        reconnect: ReconnectOptions(
          maxAttempts: maxAttempts,
          maxDuration: maxDuration,
          decide: decide,
          queue: queue,
          onReconnected: hasHook ? onReconnected : null,
          heartbeat: heartbeat,
          networkChanges: hasChanges ? changes.stream : null,
        ),
        connectorFor: (request) => (listener) {
          final open = connections.where(
            (connection) => !connection.hasEnded && !connection.isClosing,
          );
          if (open.isNotEmpty) violate('two connections at a time');
          if (connectionsAtEnd != null) violate('a connection after the end');
          checkDial(request.delay);
          final connection = ModelConnection(
            time,
            connections.length,
            request,
            listener,
            isSlow: chance(3),
            hasPings: hasPings,
            onViolation: violate,
            mayDiscard: () => pauses == 0 || isCancelled || isClosedByUser,
            onLost: (uptime) {
              if (uptime < const BackoffOptions().minUptime) return;
              mustReset.add(spread.values.length);
              allowReset();
            },
          );
          connections.add(connection);
          if (isCalm)
            Timer(request.delay + _second, () => openCalmly(connection));
          return connection;
        },
        connectorDelays: chance(2),
        random: spread,
      ),
    );
    var hasClosed = false;
    channel.states.listen(
      (state) {
        if (hasClosed) violate('$state after ChannelClosed');
        hasClosed = state is ChannelClosed;
        openSince = state is ChannelOpen ? time.now : null;
        onState(state);
        if (!isCalm && chance(20)) control();
      },
      onDone: () {
        if (!hasClosed) violate('the states end without ChannelClosed');
      },
    );
    channel.unsent.listen((unsent) {
      final message = messages[int.parse(unsent.message as String)];
      if (message.way == _Way.send) violate('unsent has a message of send');
      setResult(message, unsent.result);
    });
    watch('ready', channel.ready);
    watch('done', channel.sink.done);
    watch('the states', channel.states.drain<void>());
  }

  void onState(ChannelState state) {
    final before = this.state;
    if (state is ChannelConnecting &&
        state.attempt > 1 &&
        before is ChannelWaiting &&
        !hasChanges) {
      if (time.now < stateSince + before.delay) {
        violate('attempt ${state.attempt} is early');
      }
      if (targetAttempt != 0 && targetAttempt != state.attempt) {
        violate('attempt ${state.attempt} has the target of $targetAttempt');
      }
    }
    this.state = state;
    stateSince = time.now;
    if (state is! ChannelSuspended && state is! ChannelOpen) resumed = null;
    if (state is ChannelWaiting) {
      targetAttempt = 0;
      checkWait(state);
    }
  }

  void allowReset() {
    mayReset.add(spread.values.length);
    mayResetAttempts = true;
  }

  /// The wait is what `decide` asks for, and that of the back-off.
  void checkWait(ChannelWaiting state) {
    if (hasChanges) return;
    // It has waited for room, or does.
    if (state.delay == Duration.zero || state.cause == lastCause) return;
    lastCause = state.cause;
    final index = checked++;
    if (mustReset.contains(index)) waits = {};
    // Whether a heartbeat ended a connection is not known here.
    if (mayReset.contains(index) || heartbeat != null) waits.add(0);
    const most = Duration(minutes: 5);
    final after = decision.after ?? Duration.zero;
    final asked = after < most ? after : most;
    final limit =
        (state.delay - asked).inMicroseconds / 1e6 / spread.values[index];
    bool fits(int waits) => (limit - min(pow(1.3, waits), 10)).abs() < 0.01;
    if (spread.values[index] > 0.01) {
      if (!waits.any(fits)) {
        violate('a wait of ${state.delay}, $asked of it for `decide`');
      }
      waits = waits.where(fits).toSet();
    }
    waits = {for (final count in waits) count + 1};
  }

  void checkDial(Duration delay) {
    if (mayResetAttempts || heartbeat != null || hasChanges) attempts = 0;
    mayResetAttempts = false;
    attempts++;
    if (maxAttempts case final most? when attempts > most) {
      violate('$attempts attempts of $most');
    }
    // The channel itself is not there yet.
    if (connections.isEmpty) return;
    final state = channel.state;
    if (state is ChannelWaiting && !hasChanges) {
      final since = identical(state, this.state) ? stateSince : time.now;
      if (time.now + delay < since + state.delay) violate('an early dial');
    }
  }

  FutureOr<ConnectTarget> findTarget(int attempt) {
    targetAttempt = attempt;
    const target = ConnectTarget('ws://fake.test');
    if (isCalm) return target;
    return switch (random.nextInt(8)) {
      0 => throw const FormatException('no target'),
      1 => Completer<ConnectTarget>().future,
      2 || 3 => Future.delayed(_second * random.nextInt(12), () => target),
      _ => target,
    };
  }

  FutureOr<void> onReconnected(void Function(Object message) send) {
    void sendIfRoom(String text) {
      try {
        send(text);
      } on SendBufferFullException {
        // As with any channel.
      }
    }

    if (connections.where((connection) => connection.wasOpen).length < 2) {
      violate('onReconnected is called for the first connection');
    }
    sendIfRoom('hello');
    if (isCalm) return null;
    return switch (random.nextInt(6)) {
      0 => throw const FormatException('not subscribed'),
      1 => Completer<void>().future,
      2 || 3 => Future.delayed(
        _second * random.nextInt(12),
        () => sendIfRoom('later'),
      ),
      _ => null,
    };
  }

  Object newHeartbeat() {
    final connection = connections.last;
    if (channel.state is ChannelSuspended && !isResuming) {
      violate('a heartbeat while it is suspended');
    }
    if (connection.heartbeats.lastOrNull case final last?
        when !isResuming &&
            !hasChanges &&
            time.now - last < heartbeat!.interval) {
      violate('a heartbeat ${time.now - last} after the last');
    }
    if (isCalm) return 'ping';
    if (chance(20)) {
      note('in message');
      control();
    }
    return switch (random.nextInt(40)) {
      0 => throw const FormatException('no heartbeat'),
      1 => throw StateError('a bug'),
      2 => 3,
      _ => 'ping',
    };
  }

  bool isAnswer(Object message) {
    if (!isCalm && chance(200)) {
      if (message == 'pong') failedAnswers++;
      throw const FormatException('no JSON');
    }
    return message == 'pong';
  }

  ReconnectDecision decide(ConnectionFailure failure) {
    final before = channel.state;
    if (!isCalm && chance(15)) {
      note('in decide');
      control();
    }
    decision = isCalm || isLong
        ? const ReconnectDecision.retry()
        : ReconnectDecision.byDefault(failure);
    if (decision.after == null && identical(channel.state, before)) {
      hasStopped = true;
    }
    return decision;
  }

  // What happens.

  void step() {
    final connection = connections.isEmpty ? null : pick(connections);
    final last = connections.lastOrNull;
    switch (random.nextInt(20)) {
      case 0:
        user('add', add);
      case 1:
        user('send', send);
      case 2:
        user('addStream', addStream);
      case 3:
        user('look', look);
      case 4 || 5 when !isDeaf && (!isLong || chance(20)):
        user('listen', listen);
      case 6 || 7:
        user('control', control);
      case 8 when chance(isLong ? 50 : 4):
        user('close', close);
      case 9 || 10 || 11 when last != null && last.canOpen:
        note('connection ${last.index} opens');
        last.open();
      case 12 when last != null && last.canOpen:
        final error = pick<ConnectException>([
          const ConnectionRefusedException('refused'),
          const BadReplyException('no handshake'),
          refusal(
            503,
            headers: {
              'retry-after': ['${random.nextInt(30)}'],
            },
          ),
          refusal(chance(2) ? 401 : 500),
        ]);
        note('connection ${last.index} fails with $error');
        last.fail(error);
      case 13 || 14 when connection != null && connection.isAlive:
        note('connection ${connection.index} receives');
        connection.receive();
      case 15
          when connection != null && connection.isOpen && !connection.hasEnded:
        final code = pick([1000, 1001, 1006, 1008, 1012, 4000]);
        note('connection ${connection.index} ends with $code');
        connection.end(
          code,
          code == 1006 ? CloseInitiator.none : CloseInitiator.remote,
        );
      case 16 when last != null && last.isAlive:
        note('connection ${last.index} is lost or silent');
        chance(2) ? last.lose() : last.isSilent = true;
      case 17
          when connection != null &&
              connection.isAlive &&
              connection.bufferedAmount > 0:
        note('connection ${connection.index} drains');
        connection.drain(random.nextInt(connection.bufferedAmount));
      default:
        elapse(
          pick(const [
            Duration(milliseconds: 1),
            Duration(milliseconds: 60),
            _second,
            Duration(seconds: 4),
            Duration(seconds: 15),
            Duration(minutes: 2),
          ]),
        );
    }
  }

  void elapse(Duration duration) {
    note('$duration go by');
    time.elapse(duration);
  }

  void user(String what, void Function() act) {
    note(what);
    time
      ..run(act)
      ..settle();
  }

  _Message newMessage(_Way way) {
    final message = _Message(
      messages.length,
      way,
      isLate: channel.state is ChannelClosed,
    );
    messages.add(message);
    return message;
  }

  void setResult(_Message message, SendResult result) {
    if (message.result != null) violate('two results for ${message.id}');
    message.result = result;
    if (result == SendResult.dropped &&
        queue.policy != QueuePolicy.dropOldest &&
        message != messages.last) {
      violate('${message.id} is dropped for a later message');
    }
    if (result == SendResult.closed &&
        closesWithQueue != null &&
        message.id < closesWithQueue!) {
      violate('${message.id} is not sent by close');
    }
    if (result == SendResult.sent &&
        !connections.any((it) => it.accepted.contains(message.text))) {
      violate('${message.id} is reported as sent');
    }
  }

  void add() {
    final message = newMessage(_Way.add);
    try {
      channel.sink.add(message.text);
    } on StateError {
      if (!isAdding && !isClosedByUser) violate('add is refused');
      messages.removeLast();
    } on SendBufferFullException {
      messages.removeLast();
    } on QueueFullException {
      if (queue.policy != QueuePolicy.fail) violate('a full queue throws');
    }
  }

  void send() {
    final message = newMessage(_Way.send);
    final isQueued =
        channel.state is! ChannelOpen && channel.state is! ChannelClosed;
    final result = channel.send(message.text);
    watch('send', result);
    var isLater = false;
    Timer.run(() => isLater = true);
    result.then((result) {
      setResult(message, result);
      if (result == SendResult.dropped &&
          queue.policy == QueuePolicy.dropOldest &&
          isQueued &&
          !isLater) {
        violate('the newest message is dropped');
      }
    });
  }

  void addStream() {
    var isCancelled = false;
    final source = StreamController<String>(
      onCancel: () {
        isCancelled = true;
        // One of the fake time, since the default is of real time.
        return Future<void>.value();
      },
    );
    source.onListen = () async {
      for (var left = random.nextInt(5); left > 0 && !isCancelled; left--) {
        if (!isCalm && chance(3)) {
          await Future<void>.delayed(_second * random.nextInt(4));
        }
        source.add(newMessage(_Way.addStream).text);
      }
      unawaited(source.close());
    };
    try {
      final added = channel.sink.addStream(source.stream);
      isAdding = true;
      watch('addStream', added);
      added.whenComplete(() => isAdding = false).ignore();
    } on StateError {
      if (!isAdding && !isClosedByUser) violate('addStream is refused');
    }
  }

  void look() {
    switch (random.nextInt(3)) {
      case 0:
        watch('flush', channel.flush());
      case 1:
        watch('sendProgress', channel.sendProgress(step: 2).drain<void>());
      case _ when hasPings:
        watch('ping', channel.ping());
    }
  }

  void listen() {
    final subscription = this.subscription;
    if (subscription == null) {
      isListenedTo = true;
      this.subscription = channel.stream.listen(
        (message) => onMessage(message as String),
        onError: (Object _) => errors++,
        onDone: () => ends++,
      );
    } else if (chance(8) && !isLong) {
      isCancelled = true;
      subscription.cancel();
      setReading(true);
    } else if (pauses == 0) {
      pauses++;
      subscription.pause();
      if (chance(3)) setReading(false);
    } else {
      pauses--;
      subscription.resume();
      setReading(true);
    }
  }

  /// A connection whose messages wait is read again when they are delivered.
  void setReading(bool value) {
    for (final connection in [...connections]) {
      if (!connection.hasEnded && !connection.discards) {
        connection.setReading(value);
      }
    }
  }

  void onMessage(String message) {
    if (pauses > 0 || isCancelled || ends > 0) violate('$message comes');
    if (message == 'pong') {
      if (failedAnswers-- == 0) violate('an answer is delivered');
      return;
    }
    received.add(message);
    if (!isCalm && chance(10)) control();
  }

  void control() {
    final (name, act) = pick([
      ('suspend', channel.suspend),
      ('resume', channel.resume),
      ('resume', channel.resume),
      ('reconnectNow', channel.reconnectNow),
      if (hasChanges) ('network change', changeNetwork),
    ]);
    note(name);
    final last = connections.lastOrNull;
    if (name == 'resume') {
      isResuming = true;
      if (channel.state is ChannelSuspended &&
          !isClosedByUser &&
          last != null &&
          last.isOpen &&
          !last.isClosing) {
        resumed ??= (last, time.now);
      }
    } else {
      resumed = null;
    }
    if (name != 'suspend') allowReset();
    act();
    isResuming = false;
  }

  void changeNetwork() {
    chance(10) ? changes.addError('no permission') : changes.add('wifi');
  }

  void close() {
    final last = connections.lastOrNull;
    final sendsQueue =
        !isLimited &&
        channel.state is! ChannelConnecting &&
        last != null &&
        last.isAlive &&
        !last.isClosing;
    isClosedByUser = true;
    try {
      if (sendsQueue) {
        // Before the call, whose results come later.
        closesWithQueue = messages.length;
        Timer.run(() => closesWithQueue = null);
      }
      watch('close', channel.sink.close(pick([null, 1000, 3000])));
    } on StateError {
      isClosedByUser = false;
      if (!isAdding) violate('close is refused');
    }
  }

  // What must hold.

  void check() {
    if (time.unhandled.isNotEmpty) violate('unhandled: ${time.unhandled}');
    if (channel.state is ChannelClosed) {
      connectionsAtEnd ??= connections.length;
      if (changes.hasListener) violate('network changes are listened to');
    }
    if (channel.bufferedAmount == 0 && pending.containsValue('flush')) {
      violate('nothing is buffered, and a flush waits');
    }
    final kept = connections
        .where((connection) => !connection.isDone && !connection.discards)
        .length;
    if (kept > 16) violate('$kept connections are kept');
    checkHeartbeat();
    if (resumed case (final connection, final since)?
        when time.now - since > _second * 6 &&
            connection.isSilent &&
            connection.silentSince < since &&
            connection.changedAt < since &&
            (hasPings || heartbeat?.message != null) &&
            connection.isReading &&
            !connection.isSlow &&
            !connection.isClosing) {
      violate('connection ${connection.index} is dead, and was resumed');
    }
    final state = channel.state;
    if (hasStopped && state is! ChannelClosed) violate('`decide` is ignored');
    if (state is ChannelClosed &&
        state.cause != null &&
        !hasStopped &&
        maxAttempts == null &&
        maxDuration == null) {
      violate('it gave up, though nothing asks for it');
    }
    final lasts = time.now - stateSince;
    if (state is ChannelWaiting && lasts > state.delay && kept < 15) {
      violate('it waits for $lasts instead of ${state.delay}');
    }
    if (state is ChannelConnecting && lasts > _second * 36) {
      violate('it is connecting for $lasts');
    }
  }

  /// The peer is there: the connection is kept. It is silent: it is replaced.
  void checkHeartbeat() {
    final heartbeat = this.heartbeat;
    for (final connection in connections) {
      if (connection.closedWith == 1001 &&
          !connection.wasSilent &&
          !connection.isSlow &&
          connection.isWritable &&
          // A peer that should send heartbeats of its own sends none.
          (heartbeat == null || heartbeat.message != null)) {
        violate('connection ${connection.index} was replaced, though it lived');
      }
    }
    final last = connections.lastOrNull;
    final since = openSince;
    if (heartbeat == null || last == null || since == null) return;
    if (!last.isOpen || last.isClosing || !last.isReading) return;
    if (channel.state is! ChannelOpen) return;
    final quietSince = last.changedAt > since ? last.changedAt : since;
    // With an upload, the timeout may begin twice.
    final limit = heartbeat.interval + heartbeat.timeout * 2;
    if (time.now - quietSince > limit) {
      violate('connection ${last.index} is dead since $quietSince');
    }
  }

  /// Lets everything end, with a healthy peer.
  void settle() {
    isCalm = true;
    note('calm');
    time.run(() {
      for (final connection in connections) {
        openCalmly(connection);
      }
      isResuming = true;
      allowReset();
      channel
        ..suspend()
        ..resume();
      isResuming = false;
      setReading(true);
      // Otherwise it may wait for the listener.
      while (pauses > 0) {
        pauses--;
        subscription!.resume();
      }
      channel.reconnectNow();
    });
    elapse(const Duration(minutes: 10));
    if (channel.state is! ChannelOpen && channel.state is! ChannelClosed) {
      violate('it does not open again');
    }
    if (!isClosedByUser) user('close', close);
    elapse(const Duration(minutes: 1));
    for (final connection in connections) {
      if (connection.isOpen && !connection.isClosing && !connection.hasEnded) {
        violate('no one can close connection ${connection.index}');
      }
    }
    if (!isListenedTo) user('listen', listen);
  }

  void openCalmly(ModelConnection connection) {
    connection.isSilent = false;
    if (connection.canOpen) {
      connection.open();
      if (heartbeat case Heartbeat(message: null)) connection.sendHeartbeats();
    }
    if (connection.isSlow && !connection.hasEnded) {
      connection.drain(0);
      Timer(_second, () => openCalmly(connection));
    }
  }

  void checkEnd() {
    if (channel.state is! ChannelClosed) violate('it does not end');
    if (pending.isNotEmpty) violate('for ever: ${pending.values.join(', ')}');
    if (time.pendingTimers > 0)
      violate('${time.pendingTimers} timers are left');
    for (final connection in connections) {
      if (!connection.hasEnded)
        violate('connection ${connection.index} is left');
    }
    if (!isCancelled && ends != 1) violate('the stream ends $ends times');
    if (errors >
        (connections.any((connection) => connection.wasOpen) ? 0 : 1)) {
      violate('the stream has $errors errors');
    }
    final opened = connections.where((connection) => connection.wasOpen).length;
    final last = connections.lastOrNull;
    final openedLate = last != null && last.isOpen && !last.wasOpen;
    if (channel.reconnects != max(0, opened - 1) &&
        !(openedLate && channel.reconnects == opened)) {
      violate('${channel.reconnects} reconnects of $opened connections');
    }
    if (opened > 0 && channel.closeInfo == null) violate('no closeInfo');
    checkSent();
    checkReceived();
  }

  void checkSent() {
    final sent = [
      for (final connection in connections)
        for (final text in connection.sent)
          if (int.tryParse(text) case final id?) id,
    ];
    if (sent.toSet().length != sent.length) violate('sent twice: $sent');
    for (final message in messages) {
      final wasSent = sent.contains(message.id);
      final isRight = switch (message.result) {
        SendResult.sent || SendResult.lost => wasSent,
        SendResult.dropped || SendResult.closed => !wasSent,
        null when message.isLate => !wasSent,
        // Those of a stream wait outside, where the end finds them.
        null => wasSent || message.way == _Way.addStream,
      };
      if (!isRight) {
        violate(
          'message ${message.id} by ${message.way.name}: ${message.result}, '
          'sent: $wasSent',
        );
      }
    }
    for (final isAdded in [true, false]) {
      final some = [
        for (final id in sent)
          if ((messages[id].way == _Way.addStream) == isAdded) id,
      ];
      if (!_isSorted(some)) violate('out of order: $some');
    }
    if (!hasHook) return;
    for (final connection
        in connections.where((connection) => connection.wasOpen).skip(1)) {
      if (connection.sent.isNotEmpty &&
          connection.sent.first != 'hello' &&
          !connection.isClosing) {
        violate(
          'connection ${connection.index} did not begin with the message of '
          'onReconnected',
        );
      }
    }
  }

  void checkReceived() {
    final numbers = [
      for (final message in received)
        switch (message.split('.').map(int.parse).toList()) {
          [final index, final number] => index * 1000000 + number,
          _ => throw StateError(message),
        },
    ];
    if (!_isSorted(numbers)) violate('received out of order: $received');
    for (final connection in connections.where(
      (connection) => !connection.discards,
    )) {
      for (var i = 0; i < connection.messages; i++) {
        if (!received.contains('${connection.index}.$i')) {
          violate('message ${connection.index}.$i never came');
        }
      }
    }
  }

  static bool _isSorted(List<int> numbers) {
    for (var i = 1; i < numbers.length; i++) {
      if (numbers[i] <= numbers[i - 1]) return false;
    }
    return true;
  }
}
