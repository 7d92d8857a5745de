// The exceptions of a failed connect, and the types that apps catch.
import 'dart:async';
import 'dart:io';
import 'dart:typed_data';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';
import 'package:web_socket/web_socket.dart' as web_socket;

const _osError = OSError('Connection refused', 111);
final _uri = Uri.parse('http://localhost:8080/');

final List<ConnectException> _all = [
  const InvalidRequestException('m'),
  const HostLookupException('m', osError: _osError, port: 1),
  const ConnectionRefusedException('m', osError: _osError, port: 1),
  const UnreachableException('m', osError: _osError, port: 1),
  const LocalNetworkException('m', osError: _osError, port: 1),
  const ConnectTimeoutException('m', Duration(seconds: 1)),
  const TlsHandshakeException('m', osError: _osError),
  ProxyException('m', statusCode: 407, uri: _uri),
  UpgradeRefusedException(
    'm',
    statusCode: 403,
    headers: const {
      'x-why': ['no token'],
    },
    body: Uint8List.fromList([1, 2]),
    uri: _uri,
  ),
  BadReplyException('m', uri: _uri),
  const BrowserConnectException('m'),
  const CancelledException('m'),
  CallbackException('m', 'thrown', StackTrace.empty),
  const LibraryException('m'),
];

/// Compiles without a default as long as it names every case.
String _name(ConnectException error) => switch (error) {
  InvalidRequestException() => 'InvalidRequestException',
  HostLookupException() => 'HostLookupException',
  ConnectionRefusedException() => 'ConnectionRefusedException',
  UnreachableException() => 'UnreachableException',
  LocalNetworkException() => 'LocalNetworkException',
  ConnectTimeoutException() => 'ConnectTimeoutException',
  TlsHandshakeException() => 'TlsHandshakeException',
  ProxyException() => 'ProxyException',
  UpgradeRefusedException() => 'UpgradeRefusedException',
  BadReplyException() => 'BadReplyException',
  BrowserConnectException() => 'BrowserConnectException',
  CancelledException() => 'CancelledException',
  CallbackException() => 'CallbackException',
  LibraryException() => 'LibraryException',
};

void main() {
  for (final error in _all) {
    test('${_name(error)} is one of the family, and says its name', () {
      expect(error, isA<Exception>());
      expect(error, isA<web_socket.WebSocketException>());
      expect(error.message, 'm');
      expect('$error', '${_name(error)}: m');
    });
  }

  test('each case implements the dart:io exception that apps catch', () {
    Set<String> named<T>() => {
      ..._all.whereType<T>().map((it) => _name(it as ConnectException)),
    };
    expect(named<SocketException>(), {
      'HostLookupException',
      'ConnectionRefusedException',
      'UnreachableException',
      'LocalNetworkException',
    });
    expect(named<HttpException>(), {
      'ProxyException',
      'UpgradeRefusedException',
      'BadReplyException',
    });
    expect(named<WebSocketException>(), {
      'InvalidRequestException',
      'UpgradeRefusedException',
      'BadReplyException',
    });
    expect(named<HandshakeException>(), {'TlsHandshakeException'});
    expect(named<TlsException>(), {'TlsHandshakeException'});
    expect(named<IOException>(), hasLength(9));
    expect(named<TimeoutException>(), {'ConnectTimeoutException'});
  });

  test('a socket failure has the fields of SocketException', () {
    for (final error in _all.whereType<SocketException>()) {
      expect(error.osError, _osError);
      expect(error.port, 1);
      expect(error.address, isNull);
    }
  });

  test('an HTTP failure has the requested URL', () {
    for (final error in _all.whereType<HttpException>()) {
      expect(error.uri, _uri);
    }
  });

  test("a refused upgrade alone has the status in dart:io's field", () {
    final error = _all.whereType<UpgradeRefusedException>().single;
    expect(error.httpStatusCode, 403);
    for (final other in _all.whereType<WebSocketException>()) {
      if (other != error) expect(other.httpStatusCode, isNull);
    }
  });

  test('other cases have their own fields', () {
    for (final error in _all) {
      switch (error) {
        case ConnectTimeoutException(:final duration):
          expect(duration, const Duration(seconds: 1));
        case TlsHandshakeException(:final osError, :final type):
          expect(osError, _osError);
          expect(type, 'TlsHandshakeException');
        case ProxyException(:final statusCode):
          expect(statusCode, 407);
        case UpgradeRefusedException(
          :final statusCode,
          :final headers,
          :final body,
        ):
          expect(statusCode, 403);
          expect(headers['x-why'], ['no token']);
          expect(body, [1, 2]);
        default:
      }
    }
  });

  test('web_socket_channel\'s exception wraps each', () {
    for (final error in _all) {
      expect(WebSocketChannelException.from(error).inner, same(error));
    }
  });
}
