// Random use of a channel over a random connection, checked against
// docs/contract.md. Each case follows from its seed; these variables choose the
// cases:
//
// CHANNEL_SEED=S   the first seed, 1 if left out
// CHANNEL_CASES=N  how many, 2000 if left out
import 'dart:async';
import 'dart:io';
import 'dart:math';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/testing/memory_connection.dart';
import 'package:test/test.dart';

void main() {
  final environment = Platform.environment;
  final first = int.parse(environment['CHANNEL_SEED'] ?? '1');
  final count = int.parse(environment['CHANNEL_CASES'] ?? '2000');

  test(
    'random calls and network events never violate the contract',
    timeout: const Timeout(Duration(minutes: 5)),
    () async {
      for (var seed = first; seed < first + count; seed++) {
        final it = _Case(seed);
        final violations = await it.run();
        if (violations.isEmpty) continue;
        fail(
          'Case $seed:\n  ${violations.join('\n  ')}\n'
          'after\n  ${it.log.join('\n  ')}\n'
          'Replay it: CHANNEL_SEED=$seed CHANNEL_CASES=1 '
          'cargo xtask dart dart/test/channel_model_test.dart',
        );
      }
    },
  );
}

/// What a listener throws on purpose.
final class _Thrown implements Exception {}

/// A connection whose events the case decides.
final class _CaseConnection extends MemoryConnection {
  _CaseConnection(super.listener);

  final sent = <Object>[];
  final closes = <(int?, String)>[];

  @override
  void sendText(String text, {bool? compress}) => sent.add(text);

  @override
  void sendBytes(List<int> bytes, {bool? compress}) =>
      sent.add(Uint8List.fromList(bytes));

  @override
  Future<void> close(int? code, String reason) {
    closes.add((code, reason));
    return closeWritten;
  }

  @override
  Object? noSuchMethod(Invocation invocation) => throw UnimplementedError();
}

/// A future that has to complete, and its expected result.
final class _Promise {
  _Promise(this.name, Future<void> future, this.error) {
    future.then<void>(
      (_) => _outcome = 'a value',
      onError: (Object it) => _outcome = it,
    );
  }

  final String name;

  /// The expected error, given at the end; null for a value.
  final Object? Function() error;
  Object? _outcome;

  String? get violation {
    final due = error();
    return switch (_outcome) {
      null => '$name did not complete',
      'a value' when due == null => null,
      final outcome when due != null && _isDue(outcome!, due) => null,
      final outcome => '$name has $outcome instead of ${due ?? 'a value'}',
    };
  }

  static bool _isDue(Object outcome, Object due) => switch (due) {
    // A timeout is bare, and other failures are wrapped.
    ConnectException() when due is! TimeoutException =>
      outcome is WebSocketChannelException && identical(outcome.inner, due),
    ArgumentError => outcome is ArgumentError,
    _ => identical(outcome, due),
  };
}

final class _Case {
  _Case(this.seed) : random = Random(seed);

  final int seed;
  final Random random;
  final log = <String>[];
  final violations = <String>[];
  final promises = <_Promise>[];
  _Promise? ready;

  late final _CaseConnection connection;
  late final RustWebSocketChannel channel;

  // The model.
  bool isOpen = false;
  ConnectException? failure;
  CloseInfo? ending;
  bool closeWasCalled = false;
  bool isDisconnected = false;
  bool closeIsWritten = false;

  /// Whether this side has ended the connection, and how.
  (int?, String)? localClose;
  Object? sinkError;
  final sent = <Object>[];
  final arrived = <Object>[];

  StreamController<Object?>? source;
  bool sourceIsCancelled = false;

  StreamSubscription<dynamic>? subscription;
  Completer<void>? resumeSignal;
  bool isCancelled = false;
  final received = <Object?>[];
  final streamErrors = <Object>[];
  int thrown = 0;
  int thrownSeen = 0;
  int dones = 0;

  bool get isOver => failure != null || ending != null;

  Future<List<String>> run() async {
    final isDone = Completer<void>();
    runZonedGuarded(
      () async {
        try {
          await _run();
        } catch (error, stackTrace) {
          violations.add('the case: $error\n$stackTrace');
        }
        isDone.complete();
      },
      (error, _) {
        if (error is _Thrown) {
          thrownSeen++;
        } else {
          violations.add('unhandled: $error');
        }
      },
    );
    await isDone.future;
    return violations;
  }

  Future<void> _run() async {
    channel = RustWebSocketChannel.over(
      (listener) => connection = _CaseConnection(listener),
    );
    // Sometimes they have no listener, which must not be an unhandled error.
    if (random.nextBool()) {
      promises.add(ready = _Promise('ready', channel.ready, () => failure));
    }
    if (random.nextBool()) {
      promises.add(_Promise('done', channel.sink.done, () => sinkError));
      _checkNotEarly('done', channel.sink.done);
    }
    promises.add(_Promise('ended', channel.ended, () => null));
    final steps = random.nextInt(25);
    for (var i = 0; i < steps; i++) {
      // Events of a source are handled in their own turn.
      if (source != null || random.nextInt(3) > 0) await _turn();
      await _step();
    }
    await _finish();
    _check();
  }

  /// A later turn of the event loop, with no microtask left of this one.
  Future<void> _turn() => Future<void>(() {});

  Future<void> _step() async {
    switch (random.nextInt(25)) {
      case 0 || 1:
        _add('text ${random.nextInt(100)}');
      case 2:
        _add([random.nextInt(256)]);
      case 3:
        _add(random.nextBool() ? 7 : null);
      case 4:
        _addStream();
      case 5 || 6 || 7:
        await _useSource();
      case 8:
        _addError();
      case 9 || 10:
        _close();
      case 11 || 12:
        _listen();
      case 13 || 14:
        _pauseOrResume();
      case 15:
        _cancel();
      case 16 || 17:
        await _turn();
        _open();
      case 18:
        await _turn();
        if (random.nextInt(3) == 0) _failConnect();
      case 19 || 20 || 21:
        await _turn();
        _message();
      case 22:
        await _turn();
        if (random.nextBool()) _end();
      case 23:
        await _turn();
        _writeClose();
      default:
        await _turn();
    }
  }

  /// Calls, and expects an error of the type [due], or none.
  void _call(String name, String? due, void Function() call) {
    log.add(name);
    String? outcome;
    try {
      call();
    } on StateError {
      outcome = 'StateError';
    } on ArgumentError {
      outcome = 'ArgumentError';
    }
    if (outcome != due) violations.add('$name threw $outcome, not $due');
  }

  String? get _sinkState =>
      closeWasCalled || source != null ? 'StateError' : null;

  void _add(Object? message) {
    final isBad = message is! String && message is! List<int>;
    final due = _sinkState ?? (isBad ? 'ArgumentError' : null);
    _call('add $message', due, () => channel.sink.add(message));
    if (due == null && !isDisconnected) sent.add(message!);
  }

  void _addStream() {
    final due = _sinkState;
    final controller = StreamController<Object?>();
    var isCancelled = false;
    controller.onCancel = () {
      isCancelled = true;
      if (source == controller) sourceIsCancelled = true;
      // A slow one must not delay anything.
      return random.nextBool() ? null : Future<void>(() {});
    };
    late final Future<void> added;
    _call('addStream', due, () {
      added = channel.sink.addStream(controller.stream);
    });
    if (due != null) return;
    promises.add(_Promise('addStream', added, () => null));
    if (isDisconnected) {
      if (isCancelled) violations.add('addStream listened after the end');
      return;
    }
    source = controller;
    sourceIsCancelled = false;
  }

  Future<void> _useSource() async {
    final controller = source;
    if (controller == null) return;
    switch (random.nextInt(6)) {
      case 0:
        log.add('the source closes');
        unawaited(controller.close());
        // One that is slow to cancel is done late.
        await _turn();
        await _turn();
        source = null;
      case 1:
        log.add('the source has an error');
        final error = StateError('of the source');
        _failBy(error);
        controller.addError(error);
        await _turn();
        _disconnect();
      case 2:
        log.add('the source adds 7');
        _failBy(ArgumentError);
        controller.add(7);
        await _turn();
        _disconnect();
      case final kind:
        final message = kind == 3 ? [kind] : 'from the source';
        log.add('the source adds $message');
        controller.add(message);
        await _turn();
        sent.add(message);
    }
  }

  void _failBy(Object error) {
    sinkError = error;
    localClose = (null, '');
  }

  void _addError() {
    final error = StateError('of the user');
    final due = _sinkState;
    _call('addError', due, () => channel.sink.addError(error));
    if (due != null || isDisconnected) return;
    _failBy(error);
    _disconnect();
  }

  void _close() {
    final code = [null, 999, 1000, 1001, 1005, 3000, 5000][random.nextInt(7)];
    final reason = [null, '', 'bye', 'é' * 62][random.nextInt(4)];
    final due = source == null ? null : 'StateError';
    final isFirst = !closeWasCalled;
    final isInvalid =
        isFirst && ({999, 1005, 5000}.contains(code) || reason == 'é' * 62);
    late final Future<void> closed;
    _call('close $code ${reason?.length}', due, () {
      closed = channel.sink.close(code, reason);
    });
    if (due != null) return;
    promises.add(
      _Promise('close', closed, () => isInvalid ? ArgumentError : sinkError),
    );
    _checkNotEarly('close', closed);
    closeWasCalled = true;
    if (!isFirst || isDisconnected) return;
    localClose = isInvalid || code == null ? (null, '') : (code, reason ?? '');
  }

  /// The future may complete with a value only when the Close frame is written,
  /// or at the end.
  void _checkNotEarly(String name, Future<void> future) {
    future.then<void>((_) {
      if (!closeIsWritten && !isOver) violations.add('$name is early');
    }, onError: (Object _) {});
  }

  void _writeClose() {
    if (localClose == null || !isOpen || isOver) return;
    log.add('the Close frame is written');
    closeIsWritten = true;
    connection.completeClose();
  }

  void _disconnect() {
    isDisconnected = true;
    if (source != null && !sourceIsCancelled) {
      violations.add('the source was not cancelled');
    }
    source = null;
  }

  void _listen() {
    if (subscription != null) {
      return _call('listen again', 'StateError', () {
        channel.stream.listen(null);
      });
    }
    log.add('listen');
    subscription = channel.stream.listen(
      _onData,
      onError: (Object error) {
        log.add('the stream has an error');
        _checkDelivery();
        streamErrors.add(error);
      },
      onDone: _onDone,
      cancelOnError: random.nextInt(4) == 0 ? false : null,
    );
  }

  void _onData(Object? message) {
    log.add('the stream has $message');
    _checkDelivery();
    if (localClose != null) violations.add('a message after a local close');
    received.add(message);
    if (message == 'pause') subscription!.pause();
    if (message == 'throw') {
      thrown++;
      throw _Thrown();
    }
  }

  void _checkDelivery() {
    if (subscription!.isPaused) violations.add('an event in a pause');
    if (isCancelled) violations.add('an event after cancel');
    if (dones > 0) violations.add('an event after done');
  }

  void _onDone() {
    log.add('the stream is done');
    _checkDelivery();
    dones++;
    if (localClose == null && !isOver) violations.add('done before the end');
    _checkCodes();
  }

  void _checkCodes() {
    final (code, reason) = switch (ending) {
      final info? when localClose == null => (info.code, info.reason),
      _ => (null, null),
    };
    final told = (channel.closeCode, channel.closeReason);
    if (told != (code, reason)) {
      violations.add('the codes are $told, not ${(code, reason)}');
    }
  }

  void _pauseOrResume() {
    final it = subscription;
    if (it == null) return;
    switch (random.nextInt(4)) {
      case 0:
        log.add('pause');
        it.pause();
      case 1 when resumeSignal == null:
        log.add('pause until a signal');
        it.pause((resumeSignal = Completer()).future);
      case 2:
        log.add('signal');
        resumeSignal?.complete();
        resumeSignal = null;
      default:
        log.add('resume');
        it.resume();
    }
  }

  void _cancel() {
    final it = subscription;
    if (it == null || random.nextBool()) return;
    log.add('cancel');
    promises.add(_Promise('cancel', it.cancel(), () => null));
    isCancelled = true;
  }

  void _open() {
    if (isOpen || isOver) return;
    log.add('the connection opens');
    isOpen = true;
    connection.listener.onOpen(random.nextBool() ? 'chosen' : null);
  }

  void _failConnect() {
    if (isOpen || isOver) return;
    log.add('the connect fails');
    final error = failure = random.nextBool()
        ? const ConnectionRefusedException('refused')
        : const ConnectTimeoutException('too long', Duration(seconds: 1));
    connection.listener.onFailed(error);
    _disconnect();
  }

  void _message() {
    if (!isOpen || isOver) return;
    final message = switch (random.nextInt(12)) {
      0 => 'throw',
      1 => 'pause',
      < 6 => Uint8List.fromList([arrived.length]),
      _ => 'message ${arrived.length}',
    };
    log.add('the connection has $message');
    arrived.add(message);
    connection.inbox.add(message);
  }

  void _end() {
    if (!isOpen || isOver) return;
    final info = switch (localClose) {
      (final code, final reason) when random.nextInt(3) > 0 => CloseInfo(
        code: code ?? 1005,
        reason: reason,
        initiator: CloseInitiator.local,
        isClean: true,
      ),
      _ when random.nextBool() => CloseInfo(
        code: 3000 + random.nextInt(2000),
        reason: 'the peer says so',
        initiator: CloseInitiator.remote,
        isClean: true,
      ),
      _ => const CloseInfo(
        code: 1006,
        reason: '',
        initiator: CloseInitiator.none,
        isClean: false,
        error: 'lost',
      ),
    };
    log.add('the connection ends: $info');
    ending = info;
    connection.tellClosed(info);
    // The end itself, which follows all messages.
    _disconnect();
    _checkCodes();
  }

  /// Ends everything.
  Future<void> _finish() async {
    await _turn();
    log.add('(the case ends)');
    if (!isOver) {
      random.nextBool() ? _open() : _failConnect();
      await _turn();
      _end();
    }
    await _turn();
    _listen();
    resumeSignal?.complete();
    for (var turn = 0; turn < 10 + arrived.length; turn++) {
      await _turn();
      while (!isCancelled && subscription!.isPaused) {
        subscription!.resume();
      }
    }
  }

  void _check() {
    violations.addAll(promises.map((it) => it.violation).nonNulls);
    if (dones != (isCancelled ? dones.clamp(0, 1) : 1)) {
      violations.add('done $dones times');
    }
    final hasError = failure != null && localClose == null;
    if (!isCancelled && streamErrors.length != (hasError ? 1 : 0)) {
      violations.add('errors in the stream: $streamErrors');
    }
    for (final error in streamErrors) {
      if (ready case final ready? when !identical(ready._outcome, error)) {
        violations.add('the stream has another error than ready: $error');
      }
      if (!_Promise._isDue(error, failure!)) {
        violations.add('the stream has $error');
      }
    }
    if (thrownSeen != thrown) violations.add('thrown: $thrownSeen of $thrown');
    final isComplete = localClose == null && !isCancelled;
    final due = isComplete ? arrived : arrived.take(received.length);
    if (!_areEqual(received, due.toList())) {
      violations.add('received $received, not $due');
    }
    if (!_areEqual(connection.sent, sent)) {
      violations.add('sent ${connection.sent}, not $sent');
    }
    final close = localClose;
    final closes = [if (close != null) close];
    if (!_areEqual(connection.closes, closes)) {
      violations.add('closes ${connection.closes}, not $closes');
    }
    _checkCodes();
    final info = channel.closeInfo;
    final isDue = failure == null
        ? identical(info, ending)
        : info?.code == 1006 && info?.error == '$failure';
    if (!isDue) violations.add('closeInfo is $info');
    if (isOpen != (channel.protocol != null)) {
      violations.add('the protocol is ${channel.protocol}');
    }
  }

  static bool _areEqual(List<Object?> a, List<Object?> b) =>
      '$a' == '$b' && a.length == b.length;
}
