import 'dart:io';

import '../options/deflate_options.dart';

/// What [compression] asks for, as this package's options. [own] adds what
/// dart:io has no name for: level and threshold, and the window sizes that
/// [compression] leaves open.
DeflateOptions deflateOptionsOf(
  CompressionOptions compression,
  DeflateOptions own,
) => compression.enabled && own.isOffered
    ? DeflateOptions(
        level: own.level,
        threshold: own.threshold,
        serverNoContextTakeover:
            compression.serverNoContextTakeover || own.serverNoContextTakeover,
        clientNoContextTakeover:
            compression.clientNoContextTakeover || own.clientNoContextTakeover,
        serverMaxWindowBits:
            compression.serverMaxWindowBits ?? own.serverMaxWindowBits,
        clientMaxWindowBits:
            compression.clientMaxWindowBits ?? own.clientMaxWindowBits,
      )
    : const DeflateOptions.off();
