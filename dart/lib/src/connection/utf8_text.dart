import 'dart:convert';

/// The text of [bytes], with a byte order mark at its start, which Dart's
/// decoder drops. Throws a [FormatException] if they are not UTF-8.
String decodeUtf8(List<int> bytes) {
  final text = utf8.decode(bytes);
  final hasMark =
      bytes.length >= 3 &&
      bytes[0] == 0xef &&
      bytes[1] == 0xbb &&
      bytes[2] == 0xbf;
  return hasMark ? '\ufeff$text' : text;
}
