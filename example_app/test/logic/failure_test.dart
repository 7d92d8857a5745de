import 'dart:async';
import 'dart:typed_data';

import 'package:example_app/logic/failure.dart';
import 'package:example_app/logic/texts.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

void main() {
  FailureKind kindOf(Object error) => Failure.of(error).kind;

  test('every failure of a connect has its kind', () {
    for (final (error, kind) in [
      (const InvalidRequestException('m'), FailureKind.badAddress),
      (const FormatException('m'), FailureKind.badAddress),
      (ArgumentError('m'), FailureKind.badAddress),
      (const HostLookupException('m'), FailureKind.noSuchHost),
      (const ConnectionRefusedException('m'), FailureKind.connectionRefused),
      (const UnreachableException('m'), FailureKind.unreachable),
      (const LocalNetworkException('m'), FailureKind.localNetwork),
      (const ConnectTimeoutException('m', null), FailureKind.timedOut),
      (TimeoutException('m'), FailureKind.timedOut),
      (const ProxyException('m'), FailureKind.proxy),
      (
        UpgradeRefusedException(
          'm',
          statusCode: 403,
          headers: const {},
          body: Uint8List(0),
        ),
        FailureKind.upgradeRefused,
      ),
      (const BadReplyException('m'), FailureKind.notWebSocket),
      (const LibraryException('m'), FailureKind.libraryMissing),
      (StateError('m'), FailureKind.other),
    ]) {
      expect(kindOf(error), kind, reason: '$error');
      expect(Failure.of(error).detail, contains('m'));
    }
  });

  test("a channel's exception is unwrapped", () {
    final error = WebSocketChannelException.from(
      const ConnectionRefusedException('127.0.0.1:1 refused'),
    );
    final failure = Failure.of(error);
    expect(failure.kind, FailureKind.connectionRefused);
    expect(failure.detail, '127.0.0.1:1 refused');
  });

  test("each of a certificate's problems has its kind", () {
    final kinds = {
      for (final failure in TlsFailure.values)
        kindOf(TlsHandshakeException('m', failure: failure)),
    };
    expect(kinds, isNot(contains(FailureKind.other)));
    expect(kinds.length, TlsFailure.values.length - 1);
  });

  test('an end is a failure if something went wrong', () {
    CloseInfo end(CloseInitiator initiator, {String? error}) => CloseInfo(
      code: 1000,
      reason: '',
      initiator: initiator,
      isClean: error == null,
      error: error,
    );
    expect(Failure.ofEnd(null), isNull);
    expect(Failure.ofEnd(end(CloseInitiator.local)), isNull);
    expect(Failure.ofEnd(end(CloseInitiator.remote)), isNull);
    final lost = Failure.ofEnd(end(CloseInitiator.none, error: 'reset'));
    expect((lost?.kind, lost?.detail), (FailureKind.connectionLost, 'reset'));
    final broken = Failure.ofEnd(end(CloseInitiator.local, error: 'no pong'));
    expect(broken?.kind, FailureKind.other);
  });

  test('every failure is explained in both languages', () {
    for (final kind in FailureKind.values) {
      for (final texts in const [EnglishTexts(), ChineseTexts()]) {
        expect(texts.headline(kind), isNotEmpty);
        expect(texts.explanation(kind), isNotEmpty);
      }
    }
    final chinese = Texts.forLanguage('zh');
    expect(chinese.headline(FailureKind.connectionRefused), '网络不通...');
    expect(Texts.forLanguage('de').languageCode, 'en');
  });
}
