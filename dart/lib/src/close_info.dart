import 'package:meta/meta.dart';

import 'exceptions.dart';

/// Who ended a connection.
enum CloseInitiator {
  /// This side: by `close`, or because the peer broke the protocol or did not
  /// answer a ping.
  local,

  /// The peer, by a Close frame.
  remote,

  /// Neither side: the connection was lost.
  none,
}

/// How a connection ended.
///
/// It is set whoever ended the connection. `closeCode` and `closeReason` are
/// null after a close by this side, as in `package:web_socket_channel`.
final class CloseInfo {
  /// Describes the end of a connection.
  const CloseInfo({
    required this.code,
    required this.reason,
    required this.initiator,
    required this.isClean,
    this.error,
  });

  /// Describes a connection that could not be opened.
  @internal
  CloseInfo.notOpened(ConnectException error)
    : this(
        code: 1006,
        reason: '',
        initiator: CloseInitiator.none,
        isClean: false,
        error: '$error',
      );

  /// The close code (RFC 6455 section 7.1.5): the one in the peer's Close
  /// frame, 1005 if that had none, 1006 if there was no such frame, or the one
  /// for which this side failed the connection (1001, 1002, 1007, 1009).
  final int code;

  /// The close reason (RFC 6455 section 7.1.6), at most 123 bytes of UTF-8.
  final String reason;

  /// Who ended the connection.
  final CloseInitiator initiator;

  /// Whether both sides sent a Close frame (RFC 6455 section 7.1.4).
  final bool isClean;

  /// What went wrong, for people to read; null after a clean end.
  final String? error;

  @override
  String toString() =>
      'CloseInfo($code, ${initiator.name}, ${isClean ? 'clean' : 'not clean'}'
      '${reason.isEmpty ? '' : ', $reason'}'
      '${error == null ? '' : ', $error'})';
}
