import 'dart:collection';
import 'dart:math';
import 'dart:typed_data';

/// A message in the list.
final class LogEntry {
  LogEntry._(this.number, this.isSent, this.preview, this.size);

  /// Its number, from 1.
  final int number;

  /// Whether this side sent it.
  final bool isSent;

  /// The start of the text, or of the bytes in hexadecimal.
  final String preview;

  /// Characters of text, or bytes.
  final int size;
}

/// The newest messages. Older ones are dropped, and long ones are shortened, so
/// that the memory is bounded.
final class MessageLog {
  /// Creates a log of at most [limit] messages.
  MessageLog({this.limit = 1000});

  final int limit;
  final _entries = ListQueue<LogEntry>();
  int _count = 0;

  /// The number of messages.
  int get length => _entries.length;

  /// The message [index], newest first.
  LogEntry operator [](int index) =>
      _entries.elementAt(_entries.length - 1 - index);

  /// Adds [message], a [String] or bytes.
  void add(Object message, {required bool isSent}) {
    if (_entries.length == limit) _entries.removeFirst();
    final (preview, size) = switch (message) {
      final String text => (_beginningOf(text), text.length),
      _ => (_hexadecimal(message as Uint8List), message.length),
    };
    _entries.add(LogEntry._(++_count, isSent, preview, size));
  }

  void clear() => _entries.clear();

  static const _previewLength = 120;

  static String _beginningOf(String text) {
    if (text.length <= _previewLength) return text;
    // Not within a surrogate pair.
    final last = text.codeUnitAt(_previewLength - 1);
    final isHalf = last & 0xfc00 == 0xd800;
    return '${text.substring(0, _previewLength - (isHalf ? 1 : 0))}…';
  }

  static String _hexadecimal(Uint8List bytes) {
    const shown = 16;
    final digits = [
      for (final byte in bytes.take(min(shown, bytes.length)))
        byte.toRadixString(16).padLeft(2, '0'),
    ];
    return '${digits.join(' ')}${bytes.length > shown ? ' …' : ''}';
  }
}
