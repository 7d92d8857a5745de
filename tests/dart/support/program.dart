import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:test/test.dart';

/// A program whose output is read line by line. It is ended after the test.
final class Program {
  Program._(this.process);

  /// Starts it; what it writes on standard error is shown.
  static Future<Program> start(String program, List<String> arguments) async {
    final process = await Process.start(program, arguments);
    addTearDown(process.kill);
    process.stderr.listen(stderr.add);
    final started = Program._(process);
    addTearDown(started._lines.cancel);
    return started;
  }

  /// The process itself.
  final Process process;

  late final _lines = StreamIterator(
    process.stdout.transform(utf8.decoder).transform(const LineSplitter()),
  );

  /// Its standard input.
  IOSink get input => process.stdin;

  /// The next line, or a remark at the end of the output.
  Future<String> get line async =>
      await _lines.moveNext() ? _lines.current : '(no more output)';

  /// Where a server says that it listens, which is its first line.
  Future<String> get url async {
    final line = await this.line;
    expect(line, startsWith('listening on '));
    return line.split(' ').last;
  }
}
