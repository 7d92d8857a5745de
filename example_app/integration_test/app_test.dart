// Needs Flutter and a device: `flutter test integration_test -d DEVICE`. The
// servers are in the test, so nothing else has to run.
import 'dart:io';

import 'package:example_app/app.dart';
import 'package:example_app/benchmark_page.dart';
import 'package:example_app/demo_page.dart';
import 'package:example_app/echo_url.dart';
import 'package:example_app/failure_panel.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:integration_test/integration_test.dart';

void main() {
  IntegrationTestWidgetsFlutterBinding.ensureInitialized();

  /// Waits for what takes a moment; the test's timeout is the limit.
  Future<void> until(WidgetTester tester, Finder finder) async {
    while (finder.evaluate().isEmpty) {
      await tester.pump(const Duration(milliseconds: 50));
    }
  }

  // The page connects to what `--dart-define=ECHO_URL` says, so the server is
  // there.
  testWidgets('the echo page shows what comes back', (tester) async {
    final url = Uri.parse(echoUrl);
    final server = await HttpServer.bind(url.host, url.port);
    server.listen((request) async {
      final socket = await WebSocketTransformer.upgrade(request);
      socket.listen(socket.add);
    });
    // The guides' page is in Chinese.
    tester.platformDispatcher.localesTestValue = const [Locale('zh')];
    addTearDown(tester.platformDispatcher.clearLocalesTestValue);
    await tester.pumpWidget(const ExampleApp());
    await until(tester, find.text('WebSocket(内容回显)'));
    await tester.enterText(find.byType(TextFormField), 'Hello');
    await tester.tap(find.byType(FloatingActionButton));
    await until(tester, find.text('echo: Hello'));

    // Nobody is there any more.
    await server.close(force: true);
    await tester.tap(find.byIcon(Icons.refresh));
    await until(tester, find.text('网络不通...'));
    // The failure's, with the same icon.
    await until(tester, find.byType(FailurePanel));
  });

  testWidgets('a picture comes back over the real library', (tester) async {
    final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    server.listen((request) async {
      final socket = await WebSocketTransformer.upgrade(request);
      socket.listen(socket.add);
    });

    await tester.pumpWidget(const ExampleApp());
    await until(tester, find.byIcon(Icons.forum_outlined));
    await tester.tap(find.byIcon(Icons.forum_outlined));
    await until(tester, find.byType(DemoPage));
    await tester.enterText(
      find.byType(TextField).first,
      'ws://127.0.0.1:${server.port}',
    );
    await tester.tap(find.byType(FilledButton).first);
    await until(tester, find.byIcon(Icons.link));
    await tester.tap(find.widgetWithIcon(ActionChip, Icons.image_outlined));
    // The picture is below the controls, and built when it is near.
    await tester.drag(find.byType(CustomScrollView), const Offset(0, -1000));
    await until(tester, find.byType(Image, skipOffstage: false));
    await server.close(force: true);
  });

  testWidgets('the benchmark runs to its end', (tester) async {
    await tester.pumpWidget(const ExampleApp());
    await until(tester, find.byIcon(Icons.speed));
    await tester.tap(find.byIcon(Icons.speed));
    await until(tester, find.byType(BenchmarkPage));
    await tester.tap(find.byType(FilledButton));
    await tester.pump();
    // The button can be tapped again.
    await until(
      tester,
      find.byWidgetPredicate((it) => it is FilledButton && it.enabled),
    );
    expect(find.byType(FailurePanel), findsNothing);
    await tester.scrollUntilVisible(
      find.textContaining('1 MiB'),
      100,
      scrollable: find.byType(Scrollable).first,
    );
  });
}
