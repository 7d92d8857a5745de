/// An outgoing message, and the completer of its result.
library;

import 'dart:async';
import 'dart:typed_data';

import 'send_result.dart';

/// An outgoing message.
final class OutgoingMessage {
  /// Creates a message; [data] is a `String` or a `List<int>`.
  OutgoingMessage(this.data, {this.compress, this.result});

  /// Creates a copy of [other] to keep, since the app may change its bytes.
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

  /// Completes with its result; null if it was not sent with `send`.
  final Completer<SendResult>? result;

  /// Bytes of payload.
  late final int size = switch (data) {
    final List<int> bytes => bytes.length,
    final data => _utf8Length(data as String),
  };

  /// The length of `utf8.encode(text)`, which encodes a lone surrogate as
  /// U+FFFD.
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
      // A pair has four bytes.
      if (isPair) i++;
    }
    return length;
  }
}

/// The error for [message], which is neither a `String` nor a `List<int>`.
ArgumentError notSendable(Object? message) =>
    ArgumentError.value(message, 'message', 'must be a String or a List<int>');
