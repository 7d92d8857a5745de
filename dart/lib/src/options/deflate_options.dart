/// How messages are compressed, if the server agrees: permessage-deflate
/// (RFC 7692).
///
/// Messages are compressed and inflated off the isolate. The name is not
/// `CompressionOptions`, since dart:io has a class of that name.
final class DeflateOptions {
  /// Offers compression with these parameters; what is left out keeps its
  /// default.
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

  /// How hard to try, from 1, the fastest, to 9, the smallest. Default: 1.
  /// Messages are short, so what more effort saves is seldom worth several
  /// times the work.
  final int level;

  /// Messages smaller than this, in bytes of payload (UTF-8 for text), are sent
  /// as they are. Default: 1024.
  final int threshold;

  /// Asks the server to compress each message by itself (RFC 7692 section
  /// 7.1.1.1): less memory here, more bandwidth. Default: false.
  final bool serverNoContextTakeover;

  /// Compresses each message by itself (RFC 7692 section 7.1.1.2). Default:
  /// false, so a message may refer to those before it. The memory for that,
  /// about 260 KiB, is released when nothing was compressed for 30 seconds.
  final bool clientNoContextTakeover;

  /// The server may refer back so far: 2 to the power of this in bytes, from 8
  /// to 15 (RFC 7692 section 7.1.2.1). Default: 15, 32 KiB.
  final int serverMaxWindowBits;

  /// This side refers back so far at most, from 8 to 15 (RFC 7692 section
  /// 7.1.2.2). With 8, which zlib can't do, nothing is sent compressed.
  /// Default: 15.
  final int clientMaxWindowBits;
}
