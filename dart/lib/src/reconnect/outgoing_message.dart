/// A message that is to be sent, and the completer of its result.
library;

import 'dart:async';
import 'dart:typed_data';

import 'send_result.dart';

/// A message that is to be sent.
final class OutgoingMessage {
  /// [data] is a `String` or a `List<int>`.
  OutgoingMessage(this.data, {this.compress, this.result});

  /// The same message, with a copy of its bytes, which the app may change.
  OutgoingMessage.kept(OutgoingMessage other)
    : data = switch (other.data) {
        final List<int> bytes => Uint8List.fromList(bytes),
        final text => text,
      },
      compress = other.compress,
      result = other.result;

  /// What to send.
  final Object data;

  /// Whether to compress it; null leaves it to the options.
  final bool? compress;

  /// Completes with what becomes of it; null if it was not sent by `send`.
  final Completer<SendResult>? result;

  /// Bytes of payload.
  late final int size = switch (data) {
    final List<int> bytes => bytes.length,
    final data => _utf8Length(data as String),
  };

  /// The length of what `utf8.encode` returns, which encodes a lone surrogate
  /// as U+FFFD.
  static int _utf8Length(String text) {
    var length = text.length;
    for (var i = 0; i < text.length; i++) {
      final unit = text.codeUnitAt(i);
      if (unit < 0x80) continue;
      length++;
      if (unit < 0x800) continue;
      final isPair =
          unit & 0xfc00 == 0xd800 &&
          i + 1 < text.length &&
          text.codeUnitAt(i + 1) & 0xfc00 == 0xdc00;
      length++;
      // Four bytes for its two units.
      if (isPair) i++;
    }
    return length;
  }
}

/// The error for [message], which is neither a `String` nor a `List<int>`.
ArgumentError notSendable(Object? message) =>
    ArgumentError.value(message, 'message', 'must be a String or a List<int>');
