/// A page in a browser that is driven by this program.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';
import 'dart:typed_data';

import 'frame.dart';

/// What the browser threw, with the name of its exception first, as JavaScript
/// shows it.
final class BrowserException implements Exception {
  BrowserException(this._shown);

  final String _shown;

  @override
  String toString() => _shown;
}

/// Receives the events of one socket.
typedef EventHandler =
    void Function(Map<String, Object?> event, Uint8List bytes);

/// A page that this program opens in a browser.
///
/// A call waits for the page's answer, as a call in JavaScript does. So it
/// blocks this isolate, and another one talks to the page: relay.dart. The
/// program ends with an error if the page is gone or does not answer.
final class Page {
  Page._(this._debugger);

  /// The open page.
  static Page get current =>
      _current ?? (throw StateError('No page is open: call Page.open first'));
  static Page? _current;

  /// Opens a page in the browser whose debugging port is at [debugger], as in
  /// `http://127.0.0.1:9222`. The program ends if the page does not answer a
  /// call within [limit].
  static Future<Page> open(
    Uri debugger, {
    Duration limit = const Duration(seconds: 60),
  }) async {
    final page = Page._(debugger);
    page._messages.listen(page._onMessage);
    page._relay = await Isolate.spawnUri(await _file('relay.dart'), const [], [
      page._messages.sendPort,
      File.fromUri(await _file('page.js')).readAsStringSync(),
      limit.inSeconds,
    ]);
    final [pagePort, callPort] = await page._ports.future;
    final target = await _ask(
      debugger,
      'PUT',
      'new?http://127.0.0.1:$pagePort/',
    );
    page.target =
        (json.decode(target) as Map<String, Object?>)['id']! as String;
    await page._isConnected.future;
    page._calls = RawSynchronousSocket.connectSync(
      InternetAddress.loopbackIPv4,
      callPort,
    );
    return _current = page;
  }

  final Uri _debugger;
  final _messages = ReceivePort();
  final _ports = Completer<List<int>>();
  final _isConnected = Completer<void>();
  late final Isolate _relay;
  late final RawSynchronousSocket _calls;

  /// The browser's name of the page.
  late final String target;
  final Map<int, EventHandler> _handlers = {};

  /// A file of this library's folder.
  static Future<Uri> _file(String name) async =>
      (await Isolate.resolvePackageUri(Uri.parse('package:web/$name')))!;

  /// The number of sockets that were made.
  int get sockets => _handlers.length;

  /// Adds a socket, and returns its number for calls.
  int addSocket(EventHandler handler) {
    final id = _handlers.length;
    _handlers[id] = handler;
    return id;
  }

  /// Has the page perform a call, and returns its result. Throws a
  /// [BrowserException] if the page throws.
  Object? call(Map<String, Object?> head, [Uint8List? bytes]) {
    _calls.writeFromSync(withLength(encodeFrame(head, bytes)));
    final length = _read(4).buffer.asByteData().getUint32(0);
    final (answer, _) = decodeFrame(_read(length));
    if (answer['exception'] case final String shown) {
      throw BrowserException(shown);
    }
    return answer['value'];
  }

  Uint8List _read(int length) {
    final bytes = Uint8List(length);
    for (var read = 0; read < length;) {
      final more = _calls.readIntoSync(bytes, read);
      if (more <= 0) throw StateError('The relay of the page has ended');
      read += more;
    }
    return bytes;
  }

  /// Receives what the relay sends, each message in an event-loop turn.
  void _onMessage(Object? message) {
    switch (message) {
      case [final int pagePort, final int callPort]:
        _ports.complete([pagePort, callPort]);
      case null:
        _isConnected.complete();
      case final Uint8List frame:
        final (event, bytes) = decodeFrame(frame);
        final handler = _handlers[event['socket']]!;
        // JavaScript calls handlers outside of any zone.
        Zone.root.runGuarded(() => handler(event, bytes));
    }
  }

  /// Closes the page.
  Future<void> close() async {
    _current = null;
    _calls.closeSync();
    _relay.kill(priority: Isolate.immediate);
    _messages.close();
    await _ask(_debugger, 'GET', 'close/$target');
  }

  /// Asks the browser's debugging port for [path].
  static Future<String> _ask(Uri debugger, String method, String path) async {
    final client = HttpClient();
    try {
      final request = await client.openUrl(
        method,
        debugger.resolve('/json/$path'),
      );
      final response = await request.close();
      final body = await utf8.decodeStream(response);
      if (response.statusCode != HttpStatus.ok) {
        throw HttpException(
          'The browser answers ${response.statusCode}: $body',
        );
      }
      return body;
    } finally {
      client.close(force: true);
    }
  }
}
