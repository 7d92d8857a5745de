import 'dart:convert';

/// The longest reason that fits into a Close frame (RFC 6455 section 5.5).
const _maxReasonBytes = 123;

/// Throws an [ArgumentError] unless `RustWebSocketChannel` may send [code]:
/// every code that RFC 6455 section 7.4 allows an endpoint to send.
void checkChannelCloseCode(int? code) {
  final isAllowed = switch (code) {
    null => true,
    >= 1000 && <= 1003 || >= 1007 && <= 1014 || >= 3000 && <= 4999 => true,
    _ => false,
  };
  if (!isAllowed) {
    throw ArgumentError.value(
      code,
      'closeCode',
      'must be one of 1000-1003, 1007-1014 and 3000-4999',
    );
  }
}

/// Throws an [ArgumentError] unless browsers and `package:web_socket` may send
/// [code].
void checkWebSocketCloseCode(int? code) {
  if (code != null && code != 1000 && (code < 3000 || code > 4999)) {
    throw ArgumentError.value(code, 'code', 'must be 1000 or 3000-4999');
  }
}

/// Throws an [ArgumentError] if [reason] does not fit into a Close frame.
void checkCloseReason(String? reason) {
  if (reason != null && utf8.encode(reason).length > _maxReasonBytes) {
    throw ArgumentError.value(
      reason,
      'reason',
      'must be at most $_maxReasonBytes bytes of UTF-8',
    );
  }
}
