// Needs Flutter: `flutter test`.
import 'package:example_app/demo_page.dart';
import 'package:example_app/localizations.dart';
import 'package:example_app/logic/demo_line.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';

/// Connects to a server in memory.
final class _Connector implements DemoConnector {
  _Connector(this.server);

  final FakeServer server;

  @override
  bool get canReconnect => false;

  @override
  DemoLine connect(String address, DemoOptions options) =>
      SingleLine(server.connect());
}

void main() {
  Future<void> pump(
    WidgetTester tester,
    FakeServer server, {
    String language = 'en',
  }) => tester.pumpWidget(
    MaterialApp(
      locale: Locale(language),
      supportedLocales: appLocales,
      localizationsDelegates: appLocalizations,
      home: DemoPage(
        connector: _Connector(server),
        language: const SizedBox.shrink(),
      ),
    ),
  );

  testWidgets('a message is sent and comes back', (tester) async {
    final server = FakeServer(
      onConnect: (peer) => peer.stream.listen(peer.sink.add),
    );
    await pump(tester, server);
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    expect(find.text('Connected'), findsOneWidget);
    await tester.enterText(find.byType(TextField).last, 'Hello');
    await tester.tap(find.byIcon(Icons.send));
    await tester.pumpAndSettle();
    expect(find.text('Hello'), findsNWidgets(2));
  });

  testWidgets('a refused connect is explained and tried again', (tester) async {
    final server = FakeServer()
      ..refusal = const ConnectionRefusedException('127.0.0.1:1 refused');
    await pump(tester, server, language: 'zh');
    await tester.pumpAndSettle();
    await tester.tap(find.text('连接'));
    await tester.pumpAndSettle();
    expect(find.text('网络不通...'), findsOneWidget);
    expect(find.text('127.0.0.1:1 refused'), findsOneWidget);
    server.refusal = null;
    await tester.tap(find.text('重试'));
    await tester.pumpAndSettle();
    expect(find.text('已连接'), findsOneWidget);
  });
}
