// Needs Flutter: `flutter test`.
import 'package:example_app/benchmark_page.dart';
import 'package:example_app/frame_spinner.dart';
import 'package:example_app/localizations.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  testWidgets('it waits to be started, and the circle turns', (tester) async {
    await tester.pumpWidget(
      const MaterialApp(
        locale: Locale('zh'),
        supportedLocales: appLocales,
        localizationsDelegates: appLocalizations,
        home: BenchmarkPage(language: SizedBox.shrink()),
      ),
    );
    await tester.pump();
    expect(find.text('开始'), findsOneWidget);
    expect(find.byType(FrameSpinner), findsOneWidget);
    // Away with it: its circle never ends.
    await tester.pumpWidget(const SizedBox.shrink());
  });
}
