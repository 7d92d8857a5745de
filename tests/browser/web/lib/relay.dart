/// The isolate between a program that blocks in its calls and the page.
library;

import 'dart:async';
import 'dart:collection';
import 'dart:io';
import 'dart:isolate';
import 'dart:typed_data';

import 'frame.dart';

/// Serves the page, passes calls to it, and its events to the program. A call
/// is four bytes with the length of a frame, then the frame.
///
/// The message has the program's port, the page's script, and the limit in
/// seconds for an answer of the page. The program gets the ports of page and
/// calls, then null when the page is connected, then the frame of each event.
///
/// It is in an isolate group of its own, loaded by its URI: the garbage
/// collector of one group waits for all its isolates, also for one that writes
/// to this one.
Future<void> main(List<String> _, List<Object?> message) async {
  final [program as SendPort, script as String, limit as int] = message;
  await _Relay(program, script, Duration(seconds: limit))._run();
}

final class _Relay {
  _Relay(this._program, this._script, this._limit);

  final SendPort _program;
  final String _script;
  final Duration _limit;

  /// The WebSocket that the page has opened.
  final _control = Completer<WebSocket>();

  /// What the page has not answered yet, in order.
  final Queue<Completer<Uint8List>> _asked = Queue();

  Future<void> _run() async {
    final calls = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final pages = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    pages.listen(_serve);
    _program.send([pages.port, calls.port]);
    final timer = Timer(_limit, () => _giveUp('did not load within $_limit'));
    await _control.future;
    timer.cancel();
    _program.send(null);
    Timer.periodic(
      const Duration(seconds: 5),
      (_) => _ask(encodeFrame(const {'call': 'nothing'})),
    );
    await _answer(await calls.first);
  }

  /// Ends the program, which may be waiting for a call.
  Never _giveUp(String reason) {
    stderr.writeln('error: the page in the browser $reason');
    exit(1);
  }

  Future<void> _serve(HttpRequest request) async {
    final response = request.response;
    switch (request.uri.path) {
      case '/':
        response
          ..headers.contentType = ContentType.html
          ..write('<!doctype html><script src="/page.js"></script>');
      case '/page.js':
        response
          ..headers.contentType = ContentType('text', 'javascript')
          ..write(_script);
      case '/control':
        return _attach(
          await WebSocketTransformer.upgrade(
            request,
            compression: CompressionOptions.compressionOff,
          ),
        );
      default:
        response.statusCode = HttpStatus.notFound;
    }
    await response.close();
  }

  void _attach(WebSocket control) {
    control.listen(
      (message) => _onFrame(message as Uint8List),
      onDone: () => _giveUp('is gone: it crashed or was closed'),
    );
    _control.complete(control);
  }

  void _onFrame(Uint8List frame) {
    final (head, _) = decodeFrame(frame);
    switch (head['event']) {
      case null:
        _asked.removeFirst().complete(frame);
      case 'failure':
        _giveUp('failed: ${head['message']}');
      default:
        _program.send(frame);
    }
  }

  Future<Uint8List> _ask(Uint8List frame) async {
    final answer = Completer<Uint8List>();
    _asked.add(answer);
    (await _control.future).add(frame);
    return answer.future.timeout(
      _limit,
      onTimeout: () => _giveUp('did not answer within $_limit'),
    );
  }

  /// Answers the calls of the program.
  Future<void> _answer(Socket program) async {
    program.setOption(SocketOption.tcpNoDelay, true);
    final received = BytesBuilder(copy: false);
    var size = 4;
    await for (final bytes in program) {
      received.add(bytes);
      if (size == 4 && received.length >= 4) {
        final start = received.takeBytes();
        received.add(start);
        size += ByteData.sublistView(start).getUint32(0);
      }
      // The program has only one call at a time.
      if (size == 4 || received.length < size) continue;
      final answer = await _ask(Uint8List.sublistView(received.takeBytes(), 4));
      size = 4;
      program.add(withLength(answer));
    }
  }
}
