// Needs Flutter: `flutter test`.
import 'package:example_app/echo_page.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';

import 'support.dart';

void main() {
  Future<void> pump(
    WidgetTester tester,
    RustWebSocketChannel Function() connect,
  ) => tester.pumpWidget(
    inApp(
      Scaffold(
        body: EchoTab(
          language: noLanguage,
          connect: connect,
          page: const Text('the page'),
        ),
      ),
      language: 'zh',
    ),
  );

  testWidgets('the cause of a failure is shown below the page', (tester) async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('127.0.0.1:1 refused');
    await pump(tester, server.connect);
    await tester.pumpAndSettle();
    expect(find.text('the page'), findsOneWidget);
    expect(find.text('网络不通...'), findsOneWidget);
    expect(find.text('127.0.0.1:1 refused'), findsOneWidget);
    server.refusal = null;
    await tester.tap(find.text('重试'));
    await tester.pumpAndSettle();
    expect(find.text('网络不通...'), findsNothing);
    expect(find.text('the page'), findsOneWidget);
    await finish(tester);
  });

  testWidgets('an invalid address is explained instead of the page', (
    tester,
  ) async {
    await pump(tester, () => RustWebSocketChannel.connect('nonsense'));
    await tester.pumpAndSettle();
    expect(find.text('地址无法使用'), findsOneWidget);
    expect(find.text('the page'), findsNothing);
    expect(tester.takeException(), isNull);
    await finish(tester);
  });

  testWidgets('a new attempt shows progress in place of the old failure', (
    tester,
  ) async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('127.0.0.1:1 refused');
    await pump(tester, server.connect);
    await tester.pumpAndSettle();
    expect(find.byType(LinearProgressIndicator), findsNothing);
    await tester.tap(find.text('重试'));
    // The attempt has begun, and fails when time passes.
    await tester.pump();
    expect(find.text('127.0.0.1:1 refused'), findsNothing);
    expect(find.byType(LinearProgressIndicator), findsOneWidget);
    await tester.pumpAndSettle();
    expect(find.text('127.0.0.1:1 refused'), findsOneWidget);
    await finish(tester);
  });
}
