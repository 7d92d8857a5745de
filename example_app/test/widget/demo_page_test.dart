// Needs Flutter: `flutter test`.
import 'dart:convert';

import 'package:example_app/demo_page.dart';
import 'package:flutter/material.dart';
import 'package:flutter/rendering.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';

import 'support.dart';

/// A picture of one pixel.
final _picture = base64.decode(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA'
  'WjR9awAAAABJRU5ErkJggg==',
);

void main() {
  Future<void> pump(
    WidgetTester tester,
    FakeServer server, {
    String language = 'en',
  }) => tester.pumpWidget(
    inApp(
      DemoPage(connector: FakeConnector(server), language: noLanguage),
      language: language,
    ),
  );

  /// Connects with a reconnecting channel.
  Future<void> connectReconnecting(WidgetTester tester) async {
    await tester.tap(find.text('Reconnect'));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
  }

  testWidgets('a message is sent and echoed', (tester) async {
    await pump(tester, echoServer());
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
    await tester.tap(find.byType(DropdownMenu<int?>));
    await tester.pumpAndSettle();
    await tester.tap(find.widgetWithText(MenuItemButton, '3000').last);
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
    await connectReconnecting(tester);
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

  testWidgets('a reconnecting channel is suspended in the background', (
    tester,
  ) async {
    Future<void> pass(List<AppLifecycleState> states) async {
      states.forEach(tester.binding.handleAppLifecycleStateChanged);
      await tester.pumpAndSettle();
    }

    const away = [
      AppLifecycleState.inactive,
      AppLifecycleState.hidden,
      AppLifecycleState.paused,
    ];
    final back = [...away.reversed.skip(1), AppLifecycleState.resumed];
    final suspended = find.widgetWithText(FilterChip, 'Suspended');
    bool isSuspended() => tester.widget<FilterChip>(suspended).selected;

    var connections = 0;
    final server = FakeServer(onConnect: (_) => connections++);
    await pump(tester, server);
    await connectReconnecting(tester);
    await pass(away);
    // There are no attempts.
    server.dropConnections();
    await tester.pump(const Duration(minutes: 5));
    expect(connections, 1);

    await pass(back);
    expect(connections, 2);
    expect(find.text('Connected'), findsOneWidget);

    // A mere loss of the focus changes nothing.
    await tester.tap(suspended);
    await tester.pumpAndSettle();
    await pass([AppLifecycleState.inactive, AppLifecycleState.resumed]);
    expect(isSuspended(), isTrue);
    await finish(tester);
  });

  testWidgets('messages have room for large text', (tester) async {
    tester.platformDispatcher.textScaleFactorTestValue = 3;
    addTearDown(tester.platformDispatcher.clearTextScaleFactorTestValue);
    final peers = <RustWebSocketChannel>[];
    await pump(tester, FakeServer(onConnect: peers.add));
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    peers.single.sink.add('news');
    await tester.pumpAndSettle();
    await reveal(tester, find.text('news'));
    final text = tester.renderObject<RenderParagraph>(find.text('news'));
    expect(text.size.height, text.getMaxIntrinsicHeight(double.infinity));
    await finish(tester);
  });

  testWidgets('icons, the picture and the code menu have labels', (
    tester,
  ) async {
    final semantics = tester.ensureSemantics();
    await pump(tester, echoServer());
    await expectLater(tester, meetsGuideline(labeledTapTargetGuideline));
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    await expectLater(tester, meetsGuideline(labeledTapTargetGuideline));
    expect(find.bySemanticsLabel(RegExp('^Code')), findsOneWidget);
    await tester.enterText(find.byType(TextField).last, 'Hello');
    await tester.tap(find.byIcon(Icons.send));
    await tester.pumpAndSettle();
    expect(
      find.bySemanticsLabel(RegExp(r'^Sent\s+Hello\s+5$')),
      findsOneWidget,
    );
    expect(
      find.bySemanticsLabel(RegExp(r'^Received\s+Hello\s+5$')),
      findsOneWidget,
    );
    semantics.dispose();
    await finish(tester);
  });

  testWidgets('the picture has a label', (tester) async {
    final semantics = tester.ensureSemantics();
    final peers = <RustWebSocketChannel>[];
    await pump(tester, FakeServer(onConnect: peers.add));
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    peers.single.sink.add(_picture);
    await tester.pumpAndSettle();
    expect(
      tester.widget<Image>(find.byType(Image)).semanticLabel,
      'The received picture',
    );
    semantics.dispose();
    await finish(tester);
  });
}
