// What the inspector shows of URLs, header fields and subprotocols.
import 'dart:math';

import 'package:rust_web_socket/src/inspector/redaction.dart';
import 'package:test/test.dart';

String _url(Uri url) => shownUrl(url, showsSecrets: false);
String _location(String location) =>
    shownLocation(location, showsSecrets: false);
String? _value(String name, String value) =>
    shownValue(name, value, showsSecrets: false);
String? _protocol(String protocol) =>
    shownProtocol(protocol, showsSecrets: false);

void main() {
  group('of a URL', () {
    for (final (what, url, shown) in [
      ('the rest is shown', 'wss://a.example:8080/chat', null),
      ('an IPv6 address is shown', 'ws://[::1]:8080/chat', null),
      ('user information is hidden', 'ws://me:pw@a:1/', 'ws://…@a:1/'),
      ('a user name is hidden', 'ws://me@[::1]:1/', 'ws://…@[::1]:1/'),
      (
        'values of the query are hidden',
        'ws://a/?token=abc&room=5&filter%5Bid%5D=7',
        'ws://a/?token=…&room=…&filter%5Bid%5D=…',
      ),
      ('a query without names is hidden', 'ws://a/?abc', 'ws://a/?…'),
      ('a part without a name is hidden', 'ws://a/?v=1&abc', 'ws://a/?v=…&…'),
      ('base64 with padding is hidden', 'ws://a/?c2VjcmU=', 'ws://a/?…'),
      ('base64 with two is hidden', 'ws://a/?c2VjcQ==', 'ws://a/?…'),
      ('JSON in the query is hidden', 'ws://a/?{"a":"b=c"}', 'ws://a/?…'),
      (
        'a long name is hidden',
        'ws://a/?${'x' * 32}=1&${'y' * 31}=1',
        'ws://a/?…&${'y' * 31}=…',
      ),
      ('an empty query is shown', 'ws://a/?', null),
      ('the fragment is omitted', 'ws://a/b?c=d#e', 'ws://a/b?c=…'),
      (
        'a long path segment is hidden',
        'ws://a/${'x' * 31}/${'y' * 32}/z',
        'ws://a/${'x' * 31}/…/z',
      ),
      (
        'a UUID is hidden',
        'ws://a/rooms/123e4567-e89b-12d3-a456-426614174000',
        'ws://a/rooms/…',
      ),
      (
        'parameters of the path are hidden',
        'ws://a/chat;jsessionid=abc;v2/token=abc',
        'ws://a/chat;jsessionid=…;…/token=…',
      ),
      ('a user in the path is hidden', 'ws://a/me:pw@b/c', 'ws://a/…@b/c'),
      ('a scope in the path is shown', 'ws://a/@scope/c', null),
    ]) {
      test(what, () {
        expect(_url(Uri.parse(url)), shown ?? url);
        expect(_location(url), shown ?? url);
      });
    }

    test('everything is shown if secrets are', () {
      const url = 'wss://me:pw@a.example/chat?token=abc#def';
      expect(shownUrl(Uri.parse(url), showsSecrets: true), url);
      expect(shownLocation('x y\n#z', showsSecrets: true), 'x y\n#z');
    });
  });

  group('of a redirect', () {
    for (final (what, location, shown) in [
      ('a path is shown', '/login?next=%2Fchat', '/login?next=…'),
      ('a relative path is shown', '../b?c=d#e', '../b?c=…'),
      ('a host without scheme is shown', '//me:pw@a/b', '//…@a/b'),
      ('a query is shown', '?code=5', '?code=…'),
      ('the empty reference is shown', '', ''),
      ('an invalid port hides it', 'http://a:b/c', '…'),
      ('a password with a slash hides it', 'ws://me:p/w@a/', '…'),
      ('user information without scheme hides it', 'me:pw@a/b', '…'),
      ('a URL without authority hides it', 'data:text/plain,abc', '…'),
      ('an invalid scheme hides it', '1a://b/c', '…'),
      ('invalid characters do not matter', '/a b\n%zz?c=d e', '/a b\n%zz?c=…'),
    ]) {
      test(what, () => expect(_location(location), shown));
    }
  });

  group('of header fields', () {
    test('values without secrets are shown', () {
      for (final (name, value) in [
        ('Host', 'a.example:8080'),
        ('User-Agent', 'Dart/3.10 (dart:io)'),
        ('upgrade', 'websocket'),
        ('CONNECTION', 'Upgrade'),
        ('Sec-WebSocket-Version', '13'),
        ('Sec-WebSocket-Extensions', 'permessage-deflate'),
        ('Server', 'nginx'),
        ('Retry-After', '120'),
      ]) {
        expect(_value(name, value), value, reason: name);
      }
    });

    test('other values are hidden', () {
      for (final name in [
        'Authorization',
        'Proxy-Authorization',
        'Cookie',
        'Set-Cookie',
        'WWW-Authenticate',
        'Proxy-Authenticate',
        'X-Api-Key',
        'Sec-WebSocket-Key',
        'Sec-WebSocket-Accept',
        '',
      ]) {
        expect(_value(name, 'abc'), isNull, reason: name);
      }
    });

    test('URLs follow the rules of URLs', () {
      expect(_value('Origin', 'https://a.example'), 'https://a.example');
      expect(_value('origin', 'null'), 'null');
      expect(_value('Location', '/b?token=abc'), '/b?token=…');
      expect(_value('Referer', 'https://a/b#c'), 'https://a/b');
    });

    test('subprotocols are shown one by one', () {
      expect(
        _value('Sec-WebSocket-Protocol', 'graphql-ws,abc, mqtt'),
        'graphql-ws, …, mqtt',
      );
    });

    test('all are shown if secrets are', () {
      expect(shownValue('Cookie', 'a=b', showsSecrets: true), 'a=b');
      expect(shownValue('Location', '/?a=b', showsSecrets: true), '/?a=b');
    });
  });

  group('of subprotocols', () {
    test('well-known names are shown', () {
      for (final it in [
        'graphql-transport-ws',
        'mqtt',
        'v12.stomp',
        'wamp.2.json',
        'ocpp2.0.1',
        'xmpp',
        'actioncable-v1-json',
        'phoenix',
        '',
      ]) {
        expect(_protocol(it), it);
      }
    });

    test('their case does not matter, and is kept', () {
      expect(_protocol('MQTT'), 'MQTT');
    });

    test('other names are hidden', () {
      expect(_protocol('abc'), isNull);
      // Kubernetes and Phoenix pass tokens behind a prefix.
      expect(_protocol('base64url.bearer.authorization.k8s.io.abc'), isNull);
      expect(_protocol('base64url.bearer.phx.abc'), isNull);
    });

    test('all are shown if secrets are', () {
      expect(shownProtocol('abc', showsSecrets: true), 'abc');
    });
  });

  test('no secret is shown', () {
    for (var seed = 1; seed <= 2000; seed++) {
      final random = Random(seed);
      String string(String alphabet, int least) => String.fromCharCodes([
        for (var left = least + random.nextInt(40); left > 0; left--)
          alphabet.codeUnitAt(random.nextInt(alphabet.length)),
      ]);

      // Some characters end a part of a URL unless they are encoded.
      const letters = 'abcdefXYZ0123456789';
      final text = string('$letters/?#@&=;: %-_.~"{}[]\\+', 12);
      final bare = string('$letters-_.~+:%', 12);
      final word = string('$letters-_.', 12);
      final encoded = Uri.encodeComponent(text);
      final long = string('$letters-_.~+=;%', 32);
      final query = Uri(
        scheme: 'wss',
        userInfo: '$encoded:$encoded',
        host: 'host.example',
        pathSegments: ['chat', '$text$long'],
        queryParameters: {'token': text, 'room': '5'},
        fragment: text,
      );
      final shown = {
        'URL': _url(query),
        'encoded path': _location('/chat/;id=$encoded'),
        'encoded query': _location('/chat?a=$encoded'),
        'user': _location('https://$bare@host.example/'),
        'password': _location('https://me:$bare@host.example/'),
        'user without scheme': _location('$bare:$bare@host.example/'),
        'user of a reference': _location('//$bare@host.example/'),
        'user in a path': _location('$word@host.example/'),
        'long segment': _location('/chat/$long/end'),
        'short segment with padding': _location('/chat/a=$bare=/end'),
        'query': _location('?a=$bare&b'),
        'query without names': _location('/chat?$bare'),
        'padded query': _location('/chat?$bare=='),
        'later part of the query': _location('/chat?a=b&$bare'),
        'fragment': _location('/chat#$text'),
        'Location': _value('Location', 'https://a/b?code=$bare#$bare'),
        'Origin': _value('Origin', 'https://$bare@a.example'),
        'Authorization': _value('Authorization', 'Bearer $text'),
        'any field': _value(word, text),
        'cookie': _value('cookie', 'a=$text'),
        'subprotocol': _protocol(word),
        'subprotocols': _value('sec-websocket-protocol', 'mqtt, $word'),
      };
      // No piece of it either.
      final pieces = {
        for (final secret in [text, encoded, bare, word, long])
          for (var at = 0; at + 6 <= secret.length; at++)
            secret.substring(at, at + 6),
      };
      for (final MapEntry(key: place, :value) in shown.entries) {
        for (final piece in pieces) {
          if (value != null && value.contains(piece)) {
            fail('Seed $seed, $place: $value has $piece of a secret');
          }
        }
      }
    }
  });
}
