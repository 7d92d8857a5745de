// Which failures are retried, and which end the channel.
import 'dart:async';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/src/reconnect/retry_after.dart';
import 'package:test/test.dart';

import 'support/test_connections.dart';

ReconnectDecision _decide(ConnectException error) =>
    ReconnectDecision.byDefault(ConnectFailed(error));

ReconnectDecision _afterEnd(int code, CloseInitiator initiator) =>
    ReconnectDecision.byDefault(
      ConnectionEnded(
        CloseInfo(code: code, reason: '', initiator: initiator, isClean: true),
      ),
    );

void main() {
  group('an attempt is made again after', () {
    final callback = CallbackException(
      'late',
      TimeoutException('late'),
      StackTrace.empty,
    );
    for (final error in <ConnectException>[
      const HostLookupException(''),
      const ConnectionRefusedException(''),
      const UnreachableException(''),
      // The user may allow it meanwhile.
      const LocalNetworkException(''),
      const ConnectTimeoutException('', null),
      const TlsHandshakeException(''),
      const BadReplyException(''),
      const BrowserConnectException(''),
      const CancelledException(''),
      const ProxyException(''),
      const ProxyException('', statusCode: 502),
      callback,
    ]) {
      test('$error', () => expect(_decide(error).after, Duration.zero));
    }
    for (final status in [408, 425, 429, 500, 502, 503, 504]) {
      test('status $status', () {
        expect(_decide(refusal(status)).after, Duration.zero);
      });
    }
    for (final code in [1001, 1002, 1005, 1006, 1009, 1011, 1012, 4000]) {
      test('close code $code', () {
        expect(_afterEnd(code, CloseInitiator.remote).after, Duration.zero);
      });
    }
  });

  group('no attempt is made after', () {
    final callback = CallbackException('', ArgumentError(), StackTrace.empty);
    for (final error in <ConnectException>[
      const InvalidRequestException(''),
      const LibraryException(''),
      const ProxyException('', statusCode: 407),
      const ProxyException('', statusCode: 403),
      for (final failure in TlsFailure.values)
        if (failure != TlsFailure.handshake)
          TlsHandshakeException(failure.name, failure: failure),
      callback,
    ]) {
      test('$error', () => expect(_decide(error).after, isNull));
    }
    for (final status in [301, 400, 401, 403, 404, 426]) {
      test('status $status', () {
        expect(_decide(refusal(status)).after, isNull);
      });
    }
    for (final code in [1000, 1008, 1010, 3000, 3003]) {
      test('close code $code, unless it is our own', () {
        expect(_afterEnd(code, CloseInitiator.remote).after, isNull);
        expect(_afterEnd(code, CloseInitiator.local).after, isNotNull);
      });
    }
  });

  group('Retry-After', () {
    test('applies to 429 and 503 only', () {
      for (final (status, after) in [(429, 7), (503, 7), (500, 0)]) {
        final error = refusal(
          status,
          headers: {
            'retry-after': ['7'],
          },
        );
        expect(_decide(error).after, Duration(seconds: after));
      }
    });

    test('is parsed as seconds', () {
      for (final (text, seconds) in [
        ('0', 0),
        (' 120 ', 120),
        ('99999999999999999999', 31536000),
        ('9999999999999', 31536000),
      ]) {
        expect(parseRetryAfter(text), Duration(seconds: seconds));
      }
    });

    test('is parsed as a date in each format of RFC 9110', () {
      final now = DateTime.utc(1994, 11, 6, 8, 49, 7);
      for (final text in [
        'Sun, 06 Nov 1994 08:49:37 GMT',
        'Sunday, 06-Nov-94 08:49:37 GMT',
        'Sun Nov  6 08:49:37 1994',
      ]) {
        expect(parseRetryAfter(text, now: now), const Duration(seconds: 30));
      }
    });

    test('compares a date with the clock of the server', () {
      expect(
        parseRetryAfter(
          'Sun, 06 Nov 1994 08:49:37 GMT',
          date: 'Sun, 06 Nov 1994 08:49:00 GMT',
        ),
        const Duration(seconds: 37),
      );
    });

    test('in the past is no wait', () {
      expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT'), Duration.zero);
    });

    test('is ignored if invalid', () {
      for (final text in [null, '', '-1', '1.5', 'soon', 'Sun, 06 Foo 1994']) {
        expect(parseRetryAfter(text), isNull);
      }
      expect(parseRetryAfter('Sun, 06 Foo 1994 08:49:37 GMT'), isNull);
    });
  });
}
