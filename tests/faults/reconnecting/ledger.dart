import 'package:rust_web_socket/rust_web_socket.dart';

import 'server.dart';

/// The messages that the user has sent and received, and the rules for them.
final class Ledger {
  /// The violated rules.
  final List<String> faults = [];

  final Map<String, _Sent> _sent = {};

  /// The number of received messages of each server connection.
  final Map<int, int> _received = {};
  int _lastConnection = -1;

  /// The name of a new message, of one of these kinds: `m` for one that was sent
  /// or added, `t` for one of a stream that was added, `q` for one that is
  /// answered, `h` for one that `onReconnected` has sent, which has no result.
  String add(String kind, {bool hasResult = false}) {
    final name = '$kind${_sent.length}';
    _sent[name] = _Sent(_sent.length, hasResult: hasResult);
    return name;
  }

  /// An exception rejected [name].
  void refuse(String name) => _sent[name]!.isRefused = true;

  /// The result from `send` or `unsent`.
  void settle(String? name, SendResult result, {required bool isAnswer}) {
    final sent = _sent[name];
    if (sent == null) return faults.add('no message of that name: $name');
    if (sent.result != null) faults.add('$name has two results');
    if (sent.hasResult != isAnswer) {
      faults.add('$name: ${isAnswer ? 'answered' : 'told by unsent'}');
    }
    sent.result = result;
  }

  /// The channel's stream has [text], `s:CONNECTION:NUMBER:ANSWER:…`; the answer.
  String receive(String text) {
    if (text.split(':') case [
      's',
      final connection,
      final number,
      final answer,
      _,
    ]) {
      final at = int.parse(connection);
      final expected = _received[at] ?? 0;
      if (int.parse(number) != expected) {
        faults.add(
          'connection $connection: message $number came, not $expected',
        );
      }
      if (at < _lastConnection) {
        faults.add(
          'connection $connection: message $number came after connection '
          '$_lastConnection',
        );
      }
      _received[at] = int.parse(number) + 1;
      _lastConnection = at;
      return answer;
    }
    faults.add('the client got ${text.length} characters of nonsense');
    return '';
  }

  /// The server has sent [count] messages on [connection] before it closed it.
  void checkComplete(int connection, int count) {
    final received = _received[connection] ?? 0;
    if (received == count) return;
    faults.add(
      'connection $connection was closed by the server after $count messages, '
      'of which '
      '$received came',
    );
  }

  /// Everything that the server has received, when nothing more can arrive.
  void check(List<ServerConnection> connections) {
    final connectionOf = <String, int>{};
    for (final connection in connections) {
      for (final name in connection.received) {
        final sent = _sent[name];
        if (sent == null) {
          faults.add('the server got $name, which was not sent');
        } else if (sent.isRefused ||
            sent.result == SendResult.dropped ||
            sent.result == SendResult.closed) {
          faults.add('the server got $name, of which was said ${sent.result}');
        }
        if (connectionOf[name] case final before?) {
          faults.add(
            'the server got $name on connections $before, ${connection.number}',
          );
        }
        connectionOf[name] = connection.number;
      }
    }
    _checkHooks(connections);
    for (final MapEntry(key: name, value: sent) in _sent.entries) {
      if (sent.hasResult && sent.result == null) {
        faults.add('$name has no result');
      }
    }
    // An added stream waits by itself, so other messages may overtake it.
    _checkOrder(connections, (name) => name.startsWith('t'));
    _checkOrder(connections, (name) => name.startsWith(RegExp('[mq]')));
  }

  /// Of the messages of a connection, the server has all before the last that
  /// it has.
  void _checkOrder(
    List<ServerConnection> connections,
    bool Function(String) isOne,
  ) {
    final handed = [
      for (final MapEntry(key: name, value: sent) in _sent.entries)
        if (isOne(name) && sent.wasHanded) name,
    ];
    final places = {for (final (place, name) in handed.indexed) name: place};
    var next = 0;
    for (final connection in connections) {
      int? before;
      for (final name in connection.received.where(isOne)) {
        final place = places[name];
        if (place == null) continue;
        if (place < next) {
          faults.add('connection ${connection.number}: $name came too late');
        } else if (before != null && place > next) {
          faults.add(
            'connection ${connection.number}: ${handed.sublist(next, place)} are '
            'missing '
            'between ${handed[before]} and $name',
          );
        }
        before = place;
        if (place >= next) next = place + 1;
      }
    }
  }

  /// The message of `onReconnected` is the first on its connection.
  void _checkHooks(List<ServerConnection> connections) {
    var isDue = false;
    for (final connection in connections) {
      for (final (index, name) in connection.received.indexed) {
        final isHook = name.startsWith('h');
        if (isHook && index > 0) {
          faults.add('connection ${connection.number}: $name is not the first');
        } else if (!isHook && index == 0 && isDue) {
          faults.add(
            'connection ${connection.number}: $name came before onReconnected',
          );
        }
        isDue |= isHook;
      }
    }
  }

  /// Messages with the result [SendResult.sent] that no connection of the
  /// server has. A connection that breaks may lose them.
  Iterable<String> missing(
    List<ServerConnection> connections, {
    required String after,
  }) {
    final received = {
      for (final connection in connections) ...connection.received,
    };
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

  /// The count of each result.
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
