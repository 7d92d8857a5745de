// Needs Flutter: `flutter test`.
import 'package:example_app/localizations.dart';
import 'package:flutter/cupertino.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/testing.dart';

import 'support.dart';

void main() {
  testWidgets('an English user sees no Chinese', (tester) async {
    await tester.pumpWidget(appWith(FakeServer()));
    await tester.pumpAndSettle();
    expect(find.text('WebSocket (echo)'), findsOneWidget);
    expect(find.textContaining(RegExp('[\u4e00-\u9fff]')), findsNothing);
    await finish(tester);
  });

  testWidgets('a Chinese user sees the page of the guides', (tester) async {
    tester.platformDispatcher.localesTestValue = const [Locale('zh', 'CN')];
    addTearDown(tester.platformDispatcher.clearLocalesTestValue);
    await tester.pumpWidget(appWith(FakeServer()));
    await tester.pumpAndSettle();
    expect(find.text('WebSocket(内容回显)'), findsOneWidget);
    await finish(tester);
  });

  testWidgets('the language can be changed', (tester) async {
    await tester.pumpWidget(appWith(FakeServer()));
    await tester.pumpAndSettle();
    await tester.tap(find.byTooltip('中文'));
    await tester.pumpAndSettle();
    expect(find.text('WebSocket(内容回显)'), findsOneWidget);
    await tester.tap(find.byTooltip('English'));
    await tester.pumpAndSettle();
    expect(find.text('WebSocket (echo)'), findsOneWidget);
    await finish(tester);
  });

  testWidgets('a connection outlives a change of the page', (tester) async {
    final server = echoServer();
    await tester.pumpWidget(appWith(server));
    await tester.tap(find.text('Demo'));
    await tester.pumpAndSettle();
    await tester.tap(find.text('Connect'));
    await tester.pumpAndSettle();
    await tester.enterText(
      find.widgetWithText(TextField, 'Send a message'),
      'Hello',
    );
    await tester.tap(find.text('Echo'));
    await tester.pumpAndSettle();
    expect(find.text('Connected'), findsNothing);
    await tester.tap(find.text('Demo').last);
    await tester.pumpAndSettle();
    expect(find.text('Connected'), findsOneWidget);
    expect(find.text('Hello'), findsOneWidget);
    await finish(tester);
  });

  testWidgets('only the visible page asks for frames', (tester) async {
    await tester.pumpWidget(appWith(FakeServer()));
    // The circle of the benchmark page never ends.
    await tester.pumpAndSettle();
    expect(tester.binding.hasScheduledFrame, isFalse);
    await tester.tap(find.text('Benchmark'));
    await tester.pump();
    await tester.pump(const Duration(seconds: 1));
    expect(tester.binding.hasScheduledFrame, isTrue);
    await finish(tester);
  });

  testWidgets(
    'the menu of a text field is in Chinese on iOS',
    (tester) async {
      final controller = TextEditingController(text: 'text');
      addTearDown(controller.dispose);
      await tester.pumpWidget(
        inApp(
          Scaffold(
            body: Center(child: TextField(controller: controller)),
          ),
          language: 'zh',
        ),
      );
      await tester.longPress(find.byType(TextField));
      await tester.pumpAndSettle();
      expect(tester.takeException(), isNull);
      expect(find.text('全选'), findsOneWidget);
    },
    variant: TargetPlatformVariant.only(TargetPlatform.iOS),
  );

  for (final locale in appLocales) {
    testWidgets('Material and Cupertino have texts in $locale', (tester) async {
      late BuildContext context;
      await tester.pumpWidget(
        inApp(
          Builder(
            builder: (it) {
              context = it;
              return const SizedBox.shrink();
            },
          ),
          language: locale.languageCode,
        ),
      );
      final isChinese = locale.languageCode == 'zh';
      expect(
        CupertinoLocalizations.of(context).pasteButtonLabel,
        isChinese ? '粘贴' : 'Paste',
      );
      expect(
        MaterialLocalizations.of(context).pasteButtonLabel,
        isChinese ? '粘贴' : 'Paste',
      );
    });
  }
}
