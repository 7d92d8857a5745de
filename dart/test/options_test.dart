// docs/options.md has every option, and its remarks on invalid values are true.
import 'dart:io';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/connection/request.dart';
import 'package:test/test.dart';

/// The options of each section of the page, with the remark on invalid values.
Map<String, Map<String, String>> _sectionsOfPage() {
  final sections = <String, Map<String, String>>{};
  var section = <String, String>{};
  final row = RegExp(r'^\| `(\w+)`(?: \*web\*)? \|');
  for (final line in File('docs/options.md').readAsLinesSync()) {
    if (line.startsWith('## ')) {
      section = sections[line.substring(3)] = {};
    } else if (row.firstMatch(line) case final match?) {
      final cells = line.split(' |');
      section[match[1]!] = cells.length > 3 ? cells[3] : '';
    }
  }
  return sections;
}

/// The public fields of the class [name] in [source].
Set<String> _fieldsOf(String name, String source) {
  final begin = source.indexOf('final class $name ');
  expect(begin, isNot(-1), reason: 'class $name');
  final body = source.substring(begin, source.indexOf('\n}', begin));
  final field = RegExp(r'^  final [^;=(]*?(\w+);', multiLine: true);
  final function = RegExp(
    r'^  final [^;=]*?Function\([^;]*\)\??\s+(\w+);',
    multiLine: true,
  );
  return {
    for (final match in field.allMatches(body)) match[1]!,
    for (final match in function.allMatches(body)) match[1]!,
  };
}

/// The parameters of the functions [name] in [source].
Set<String> _parametersOf(String name, String source) {
  final list = RegExp('${RegExp.escape(name)}\\(\n(.*?)\n  }\\)', dotAll: true);
  // Not in a comment.
  final parameter = RegExp(
    r'^    [^/\s].*?\s(\w+)(?: = .*)?,(?: \{)?$',
    multiLine: true,
  );
  return {
    for (final match in list.allMatches(source))
      for (final it in parameter.allMatches(match[1]!)) it[1]!,
  };
}

String _read(String file) => File('dart/lib/src/$file').readAsStringSync();

void main() {
  final page = _sectionsOfPage();

  group('the page has each option of', () {
    for (final (name, file) in [
      ('WebSocketOptions', 'options/web_socket_options.dart'),
      ('DeflateOptions', 'options/deflate_options.dart'),
      ('TlsOptions', 'options/tls_options.dart'),
      ('ClientIdentity', 'options/tls_options.dart'),
      ('ConnectAddress', 'options/proxy_options.dart'),
      ('ReconnectOptions', 'options/reconnect_options.dart'),
      ('ConnectTarget', 'connection/connect_target.dart'),
      ('BackoffOptions', 'options/backoff_options.dart'),
      ('QueueOptions', 'options/queue_options.dart'),
      ('Heartbeat', 'options/heartbeat.dart'),
    ]) {
      test(name, () {
        final fields = _fieldsOf(name, _read(file));
        expect(fields, isNotEmpty);
        expect(page[name]?.keys.toSet(), fields);
      });
    }

    test('ProxyOptions', () {
      final fields = _fieldsOf('ProxyUrl', _read('options/proxy_options.dart'));
      expect(page['ProxyOptions']?.keys.toSet(), fields);
    });

    test('connect', () {
      final parameters = {
        for (final (name, file) in [
          ('RustWebSocketChannel.connect', 'channel.dart'),
          ('RustWebSocket> connect', 'web_socket.dart'),
          ('ReconnectingWebSocketChannel.connect', 'reconnect/channel.dart'),
          ('ReconnectingWebSocketChannel.connectTo', 'reconnect/channel.dart'),
          ('ReconnectingWebSocket.connect', 'reconnect/web_socket.dart'),
          ('ReconnectingWebSocket.connectTo', 'reconnect/web_socket.dart'),
        ])
          ..._parametersOf(name, _read(file)),
      };
      expect(parameters, contains('findTarget'));
      expect(page['The arguments of connect']?.keys.toSet(), parameters);
    });
  });

  group('the page has a section for', () {
    final exports = File('dart/lib/rust_web_socket.dart').readAsStringSync();
    final names = RegExp(r'\b(\w+Options)\b').allMatches(exports);
    for (final name in {for (final match in names) match[1]!}) {
      test(name, () => expect(page.keys, contains(name)));
    }
  });

  group('an invalid value is an ArgumentError with the name of', () {
    const url = 'ws://host.test';
    final named = <String>{};
    void refuses(String name, ConnectionRequest Function() request) {
      named.add(name.split('.').last);
      test(name, () {
        expect(
          request,
          throwsA(
            isA<ArgumentError>().having((error) => error.name, 'name', name),
          ),
        );
      });
    }

    const zero = Duration.zero;
    final uri = Uri.parse(url);
    refuses(
      'pingInterval',
      () => ConnectionRequest(uri, pingInterval: const Duration(seconds: -1)),
    );
    refuses(
      'connectTimeout',
      () => ConnectionRequest(uri, connectTimeout: zero),
    );
    refuses('protocols', () => ConnectionRequest(uri, protocols: ['a b']));
    refuses('headers', () => ConnectionRequest(uri, headers: {'a b': ''}));
    for (final (name, options) in const [
      ('closeTimeout', WebSocketOptions(closeTimeout: zero)),
      ('maxPingInterval', WebSocketOptions(maxPingInterval: zero)),
      ('pongTimeout', WebSocketOptions(pongTimeout: zero)),
      ('idleTimeout', WebSocketOptions(idleTimeout: zero)),
      ('tcpUserTimeout', WebSocketOptions(tcpUserTimeout: zero)),
      (
        'tcpKeepAlive',
        WebSocketOptions(tcpKeepAlive: Duration(milliseconds: 999)),
      ),
      ('maxMessageSize', WebSocketOptions(maxMessageSize: 0)),
      ('maxFrameSize', WebSocketOptions(maxFrameSize: 0)),
      ('maxBufferedAmount', WebSocketOptions(maxBufferedAmount: -1)),
      ('receiveProgressStep', WebSocketOptions(receiveProgressStep: 0)),
      ('tracePayloadSize', WebSocketOptions(tracePayloadSize: 16385)),
      ('maxRedirects', WebSocketOptions(maxRedirects: -1)),
      ('maxHeaderSize', WebSocketOptions(maxHeaderSize: 0)),
      (
        'compression.level',
        WebSocketOptions(compression: DeflateOptions(level: 0)),
      ),
      (
        'compression.threshold',
        WebSocketOptions(compression: DeflateOptions(threshold: -1)),
      ),
      (
        'compression.serverMaxWindowBits',
        WebSocketOptions(compression: DeflateOptions(serverMaxWindowBits: 7)),
      ),
      (
        'compression.clientMaxWindowBits',
        WebSocketOptions(compression: DeflateOptions(clientMaxWindowBits: 16)),
      ),
      (
        'tls.pins',
        WebSocketOptions(
          tls: TlsOptions(
            pins: [
              [1, 2, 3],
            ],
          ),
        ),
      ),
      (
        'address.port',
        WebSocketOptions(address: ConnectAddress('host.test', port: 65536)),
      ),
    ]) {
      refuses('options.$name', () => ConnectionRequest(uri, options: options));
    }

    // Those of reconnecting are in reconnect_test.dart.
    test('each option for which the page documents it', () {
      const others = {
        'ReconnectOptions',
        'BackoffOptions',
        'QueueOptions',
        'Heartbeat',
        // RustWebSocket alone: web_socket_test.dart, connect_test.dart.
        'url',
        // Needs a release build.
        'dangerouslyAcceptAnyCertificate',
      };
      final promised = {
        for (final MapEntry(key: section, value: options) in page.entries)
          if (!others.contains(section))
            for (final MapEntry(:key, value: nonsense) in options.entries)
              if (nonsense.contains('ArgumentError') ||
                  nonsense.contains('RangeError'))
                if (!section.startsWith('Of ') && !others.contains(key)) key,
      };
      expect(named, promised);
    });
  });
}
