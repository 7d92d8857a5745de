import 'package:rust_web_socket/rust_web_socket.dart';

import 'server.dart';

/// What the user has sent and got, and what must hold for it.
final class Ledger {
  /// What is wrong.
  final List<String> faults = [];

  final Map<String, _Sent> _sent = {};

  /// Of each of the server's lines, how many messages have come.
  final Map<int, int> _received = {};
  int _lastLine = -1;

  /// The name of a new message, of one of these kinds: `m` for one that was sent
  /// or added, `t` for one of a stream that was added, `q` for one that is
  /// answered, `h` for one that `onReconnected` has sent, which has no result.
  String add(String kind, {bool hasResult = false}) {
    final name = '$kind${_sent.length}';
    _sent[name] = _Sent(_sent.length, hasResult: hasResult);
    return name;
  }

  /// [name] was refused by an exception.
  void refuse(String name) => _sent[name]!.isRefused = true;

  /// What `send` has answered, or `unsent` told.
  void settle(String? name, SendResult result, {required bool isAnswer}) {
    final sent = _sent[name];
    if (sent == null) return faults.add('no message of that name: $name');
    if (sent.result != null) faults.add('$name has two results');
    if (sent.hasResult != isAnswer) {
      faults.add('$name: ${isAnswer ? 'answered' : 'told by unsent'}');
    }
    sent.result = result;
  }

  /// The channel's stream has [text], `s:LINE:NUMBER:ANSWER:…`; the answer.
  String receive(String text) {
    if (text.split(':') case ['s', final line, final number, final answer, _]) {
      final at = int.parse(line);
      final expected = _received[at] ?? 0;
      if (int.parse(number) != expected) {
        faults.add('line $line: message $number came, not $expected');
      }
      if (at < _lastLine) {
        faults.add('line $line: message $number came after line $_lastLine');
      }
      _received[at] = int.parse(number) + 1;
      _lastLine = at;
      return answer;
    }
    faults.add('the client got ${text.length} characters of nonsense');
    return '';
  }

  /// The server has sent [count] messages on [line] before it closed it.
  void checkComplete(int line, int count) {
    final received = _received[line] ?? 0;
    if (received == count) return;
    faults.add(
      'line $line was closed by the server after $count messages, of which '
      '$received came',
    );
  }

  /// All that the server has got, when nothing more can come.
  void check(List<ServerLine> lines) {
    final lineOf = <String, int>{};
    for (final line in lines) {
      for (final name in line.received) {
        final sent = _sent[name];
        if (sent == null) {
          faults.add('the server got $name, which was not sent');
        } else if (sent.isRefused ||
            sent.result == SendResult.dropped ||
            sent.result == SendResult.closed) {
          faults.add('the server got $name, of which was said ${sent.result}');
        }
        if (lineOf[name] case final before?) {
          faults.add('the server got $name on lines $before, ${line.number}');
        }
        lineOf[name] = line.number;
      }
    }
    _checkHooks(lines);
    for (final MapEntry(key: name, value: sent) in _sent.entries) {
      if (sent.hasResult && sent.result == null) {
        faults.add('$name has no result');
      }
    }
    // A stream that is added waits by itself, and so may be overtaken.
    _checkOrder(lines, (name) => name.startsWith('t'));
    _checkOrder(lines, (name) => name.startsWith(RegExp('[mq]')));
  }

  /// Of the messages that were handed to a line, the server has all before the
  /// last that it has.
  void _checkOrder(List<ServerLine> lines, bool Function(String) isOne) {
    final handed = [
      for (final MapEntry(key: name, value: sent) in _sent.entries)
        if (isOne(name) && sent.wasHanded) name,
    ];
    final places = {for (final (place, name) in handed.indexed) name: place};
    var next = 0;
    for (final line in lines) {
      int? before;
      for (final name in line.received.where(isOne)) {
        final place = places[name];
        if (place == null) continue;
        if (place < next) {
          faults.add('line ${line.number}: $name came too late');
        } else if (before != null && place > next) {
          faults.add(
            'line ${line.number}: ${handed.sublist(next, place)} are missing '
            'between ${handed[before]} and $name',
          );
        }
        before = place;
        if (place >= next) next = place + 1;
      }
    }
  }

  /// What `onReconnected` sends is the first on its line.
  void _checkHooks(List<ServerLine> lines) {
    var isDue = false;
    for (final line in lines) {
      for (final (index, name) in line.received.indexed) {
        final isHook = name.startsWith('h');
        if (isHook && index > 0) {
          faults.add('line ${line.number}: $name is not the first');
        } else if (!isHook && index == 0 && isDue) {
          faults.add('line ${line.number}: $name came before onReconnected');
        }
        isDue |= isHook;
      }
    }
  }

  /// Messages with the result [SendResult.sent] that no line of the server has.
  /// A line that breaks may lose them.
  Iterable<String> missing(List<ServerLine> lines, {required String after}) {
    final received = {for (final line in lines) ...line.received};
    final start = _sent[after]!.number;
    return [
      for (final MapEntry(key: name, value: sent) in _sent.entries)
        if (sent.number > start &&
            sent.wasHanded &&
            sent.hasResult &&
            sent.result == SendResult.sent &&
            !received.contains(name))
          name,
    ];
  }

  /// How often each result was.
  Map<String, int> get tally {
    final tally = <String, int>{};
    for (final sent in _sent.values) {
      if (!sent.hasResult) continue;
      tally.update(
        sent.result?.name ?? 'none',
        (count) => count + 1,
        ifAbsent: () => 1,
      );
    }
    return tally;
  }
}

final class _Sent {
  _Sent(this.number, {required this.hasResult});

  /// In the order of the calls.
  final int number;

  /// Whether it was given to `send`.
  final bool hasResult;

  bool isRefused = false;
  SendResult? result;

  bool get wasHanded =>
      !isRefused && result != SendResult.dropped && result != SendResult.closed;
}
