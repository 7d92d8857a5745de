/// How a connection of Rust's ended, as the type that apps see.
library;

import '../close_info.dart';
import '../rust/api/connection.dart' as rust;

/// Converts an end.
extension RustEnding on rust.Ending? {
  /// The same end; one without a cause if Rust knows none.
  CloseInfo toCloseInfo() => switch (this) {
    null => const CloseInfo(
      code: 1006,
      reason: '',
      initiator: CloseInitiator.none,
      isClean: false,
      error: 'The connection ended without a cause',
    ),
    final ending => CloseInfo(
      code: ending.code,
      reason: ending.reason,
      initiator: switch (ending.initiator) {
        rust.Initiator.local => CloseInitiator.local,
        rust.Initiator.remote => CloseInitiator.remote,
        rust.Initiator.neither => CloseInitiator.none,
      },
      isClean: ending.clean,
      error: ending.error,
    ),
  };
}
