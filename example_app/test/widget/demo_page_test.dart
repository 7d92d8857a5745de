// Needs Flutter: `flutter test`.
import 'package:example_app/demo_page.dart';
import 'package:example_app/localizations.dart';
import 'package:example_app/logic/demo_connection.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';

/// Connects to a server in memory.
final class _Connector implements DemoConnector {
  _Connector(this.server);

  final FakeServer server;

  @override
  DemoConnection connect(String address, DemoOptions options) =>
      options.reconnect
      ? ReconnectingDemoConnection(server.connectReconnecting())
      : SingleDemoConnection(server.connect());
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

  /// Takes the page away, and lets what it closes end: no timer may be left.
  Future<void> finish(WidgetTester tester) async {
    await tester.pumpWidget(const SizedBox.shrink());
    await tester.pump(const Duration(seconds: 10));
  }

  testWidgets('a message is sent and echoed', (tester) async {
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
    await finish(tester);
  });

  testWidgets('messages wait while it is paused', (tester) async {
    final peers = <RustWebSocketChannel>[];
    await pump(tester, FakeServer(onConnect: peers.add));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Pause'));
    await tester.pumpAndSettle();
    expect(find.text('Connected, paused'), findsOneWidget);
    peers.single.sink.add('news');
    await tester.pumpAndSettle();
    expect(find.text('news'), findsNothing);
    await tester.tap(find.text('Resume'));
    await tester.pumpAndSettle();
    expect(find.text('news'), findsOneWidget);
    await finish(tester);
  });

  testWidgets('it is closed with a code and a reason', (tester) async {
    final peers = <RustWebSocketChannel>[];
    await pump(tester, FakeServer(onConnect: peers.add));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    peers.single.stream.listen(null);
    await tester.tap(find.text('1000'));
    await tester.pumpAndSettle();
    await tester.tap(find.text('3000').last);
    await tester.pumpAndSettle();
    await tester.enterText(find.widgetWithText(TextField, 'Reason'), 'bye');
    await tester.tap(find.text('Close'));
    await tester.pumpAndSettle();
    expect(find.text('Closed: 3000, bye, clean'), findsOneWidget);
    expect(peers.single.closeCode, 3000);
    await finish(tester);
  });

  testWidgets('the compression and the round trip are shown', (tester) async {
    final server = FakeServer()
      ..controls.stats = const WebSocketStats(
        sent: WebSocketTraffic(payload: 500, payloadOnWire: 200),
        lastRoundTrip: Duration(milliseconds: 42),
      );
    await pump(tester, server);
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    expect(find.text('2.5 : 1'), findsOneWidget);
    expect(find.text('42.00 ms'), findsOneWidget);
    await finish(tester);
  });

  testWidgets('a reconnecting channel can be suspended', (tester) async {
    await pump(tester, FakeServer());
    await tester.pumpAndSettle();
    expect(find.text('Suspended'), findsNothing);
    await tester.tap(find.text('Reconnect'));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Suspended'));
    await tester.pumpAndSettle();
    // The switch, and the state.
    expect(find.text('Suspended'), findsNWidgets(2));
    await tester.tap(find.text('Reconnect now'));
    await tester.pumpAndSettle();
    expect(find.text('Connected'), findsOneWidget);
    await finish(tester);
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
    await finish(tester);
  });
}
