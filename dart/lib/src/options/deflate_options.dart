/// How messages are compressed, if the server agrees: permessage-deflate
/// (RFC 7692).
///
/// Messages are compressed and inflated on threads of the native library.
final class DeflateOptions {
  /// Offers compression with these parameters.
  const DeflateOptions({
    this.level = 1,
    this.threshold = 1024,
    this.serverNoContextTakeover = false,
    this.clientNoContextTakeover = false,
    this.serverMaxWindowBits = 15,
    this.clientMaxWindowBits = 15,
  }) : isOffered = true;

  /// Offers no compression.
  const DeflateOptions.off()
    : isOffered = false,
      level = 1,
      threshold = 1024,
      serverNoContextTakeover = false,
      clientNoContextTakeover = false,
      serverMaxWindowBits = 15,
      clientMaxWindowBits = 15;

  /// Whether compression is offered. The server may decline.
  final bool isOffered;

  /// The compression level, from 1 (fastest) to 9 (smallest). Default: 1.
  /// Higher levels take several times the processor time and save little on
  /// short messages.
  final int level;

  /// Messages smaller than this, in bytes of payload (UTF-8 for text), are sent
  /// uncompressed. Default: 1024.
  final int threshold;

  /// Asks the server to compress each message independently (RFC 7692 section
  /// 7.1.1.1). It saves memory here and costs bandwidth. Default: false.
  final bool serverNoContextTakeover;

  /// Compresses each message independently (RFC 7692 section 7.1.1.2). Default:
  /// false, so a message may refer to earlier ones. The memory for that, about
  /// 260 KiB, is released after 30 seconds in which nothing was compressed.
  final bool clientNoContextTakeover;

  /// The base-2 logarithm of the server's LZ77 window in bytes, from 8 to 15
  /// (RFC 7692 section 7.1.2.1). Default: 15, which is 32 KiB.
  final int serverMaxWindowBits;

  /// The base-2 logarithm of this side's LZ77 window in bytes, from 8 to 15
  /// (RFC 7692 section 7.1.2.2). With 8, which zlib does not support, messages
  /// are sent uncompressed. Default: 15.
  final int clientMaxWindowBits;
}
