// Keeps messages of every kind flowing over several connections, to look at
// with the inspector. It ends when standard input closes.
//
// From the project's root: cargo xtask demo --inspect
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:rust_web_socket/inspector.dart';
import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  if (arguments.length != 3) {
    stderr.writeln('Usage: inspect.dart URL COMPRESSING_URL AUTHORITY.pem');
    exitCode = 64;
    return;
  }
  final [url, compressingUrl, authority] = arguments;
  // By name, so that the inspector shows a lookup.
  final server = Uri.parse(url).replace(host: 'localhost');
  final tls = TlsOptions(
    roots: [File(authority).readAsBytesSync()],
    onlyTheseRoots: true,
  );
  WebSocketInspector.allowsSending = true;
  _chat(server, tls);
  _orders(Uri.parse(compressingUrl));
  _pictures(server, tls);
  Timer(const Duration(seconds: 2), () => _uploads(server, tls));
  _positions(server, tls);
  unawaited(_beRefused(server, tls));
  await stdin.drain<void>();
  exit(0);
}

/// Text, with secrets that the inspector hides, and pings.
void _chat(Uri server, TlsOptions tls) {
  const sentences = [
    'Has the parcel left the warehouse?',
    'It left at nine this morning.',
    'Grüße aus Köln! 🎉',
    'Thank you, I will be at home.',
  ];
  final channel = RustWebSocketChannel.connect(
    server.replace(path: '/chat', queryParameters: {'token': 'a1b2c3d4'}),
    protocols: ['chat.v2'],
    headers: {'Authorization': 'Bearer a1b2c3d4'},
    pingInterval: const Duration(seconds: 1),
    options: WebSocketOptions(tls: tls),
  );
  _sendEvery(const Duration(milliseconds: 2500), channel, (i) {
    return sentences[i % sentences.length];
  });
}

/// JSON, compressed.
void _orders(Uri server) {
  const customers = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing'];
  const goods = ['lamp', 'desk', 'chair', 'shelf', 'carpet'];
  final channel = RustWebSocketChannel.connect(
    server.replace(path: '/orders'),
    options: const WebSocketOptions(compression: DeflateOptions(threshold: 0)),
  );
  _sendEvery(const Duration(milliseconds: 500), channel, (i) {
    return json.encode({
      'order': 4000 + i,
      'customer': {'name': customers[i % customers.length], 'since': 2019},
      'items': [
        for (var item = 0; item <= i % 4; item++)
          {
            'name': goods[(i + item) % goods.length],
            'quantity': item + 1,
            'price': 19.9 + item,
          },
      ],
      'isGift': i.isEven,
      'note': null,
    });
  });
}

/// Binary messages, some of which are pictures.
void _pictures(Uri server, TlsOptions tls) {
  final picture = base64.decode(_picture);
  final channel = RustWebSocketChannel.connect(
    server.replace(path: '/pictures'),
    options: WebSocketOptions(tls: tls),
  );
  _sendEvery(const Duration(seconds: 1), channel, (i) {
    return i % 3 == 0 ? picture : List.generate(64, (byte) => (byte * i) % 256);
  });
}

/// Messages in fragments, in both directions.
void _uploads(Uri server, TlsOptions tls) {
  final channel = RustWebSocketChannel.connect(
    server.replace(path: '/uploads'),
    options: WebSocketOptions(tls: tls, maxFrameSize: 4096),
  );
  _sendEvery(const Duration(seconds: 2), channel, (i) {
    return i.isEven
        ? 'A report of ${i + 1} pages. ' * 600
        // The server's command for a message in fragments.
        : '/fragments 16 A receipt for the report, in several fragments.';
  });
}

/// A connection that is lost now and then, and comes back.
void _positions(Uri server, TlsOptions tls) {
  final channel = ReconnectingWebSocketChannel.connect(
    server.replace(path: '/positions'),
    pingInterval: const Duration(milliseconds: 500),
    options: WebSocketOptions(tls: tls),
  );
  _sendEvery(const Duration(milliseconds: 800), channel, (i) {
    return i % 20 == 19
        // The server's command to drop the connection.
        ? '/drop'
        : json.encode({'vehicle': 7, 'x': 13.4 + i / 1e4, 'y': 52.5 - i / 1e4});
  });
}

/// A connection that the server refuses.
Future<void> _beRefused(Uri server, TlsOptions tls) async {
  final channel = RustWebSocketChannel.connect(
    server.replace(path: '/refuse'),
    options: WebSocketOptions(tls: tls),
  );
  await channel.ready.catchError((Object error) => print('refused: $error'));
}

void _sendEvery(
  Duration interval,
  WebSocketChannel channel,
  Object Function(int i) message,
) {
  var sent = 0;
  final timer = Timer.periodic(interval, (_) {
    channel.sink.add(message(sent++));
  });
  channel.stream.listen(null, onError: print, onDone: timer.cancel);
}

/// A sunset, 96 pixels wide.
const _picture =
    'iVBORw0KGgoAAAANSUhEUgAAAGAAAABACAMAAADS6oI8AAAADFBMVEUSNFYeblr/oDz/1loT'
    '74oqAAAAvUlEQVR42u2WUQqEMAxEO93733nFwnarU01KAgrzPiWZRwm2KUUIIYR4HLWRm57l'
    '2EI/nXjFEN8UufnBBpIfaqD5gYZJfpxhlr8Zcg8QdYR5ftARsgX1UlAlkCBbAKT+B4BFgFUB'
    'YBIAa3cRYBLsNSu3KWyCVuN/D9C5mvOvyPuiYRTMFH9VrjcZOAlwW0a3CksjCp8FjpC9yNZI'
    'xw3CabMjjayPfuQMu6m5yyHoDk+LT7CABBJIIIEErxB8AZIiD+BYhGrqAAAAAElFTkSuQmCC';
