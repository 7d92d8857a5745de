// Needs Flutter: `flutter test`.
import 'dart:async';

import 'package:example_app/benchmark_page.dart';
import 'package:example_app/frame_spinner.dart';
import 'package:example_app/logic/benchmark.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';

import 'support.dart';

void main() {
  testWidgets('it waits to be started, and the circle turns', (tester) async {
    await tester.pumpWidget(
      inApp(const BenchmarkPage(language: noLanguage), language: 'zh'),
    );
    expect(find.text('开始'), findsOneWidget);
    expect(find.byType(FrameSpinner), findsOneWidget);
    await finish(tester);
  });

  testWidgets('a double tap starts one run', (tester) async {
    var runs = 0;
    final results = StreamController<BenchmarkResult>();
    addTearDown(results.close);
    await tester.pumpWidget(
      inApp(
        BenchmarkPage(
          language: noLanguage,
          measure: () {
            runs++;
            return results.stream;
          },
        ),
      ),
    );
    final button = find.byType(FilledButton);
    await tester.tap(button);
    await tester.tap(button);
    await tester.pump();
    expect(runs, 1);
    expect(find.text('Running…'), findsOneWidget);
    expect(tester.widget<FilledButton>(button).onPressed, isNull);
    await finish(tester);
  });

  testWidgets('results are shown, and a failure, after which it can be '
      'started again', (tester) async {
    final runs = <StreamController<BenchmarkResult>>[];
    await tester.pumpWidget(
      inApp(
        BenchmarkPage(
          language: noLanguage,
          measure: () {
            runs.add(StreamController());
            return runs.last.stream;
          },
        ),
      ),
    );
    await tester.tap(find.text('Run'));
    for (final (client, value) in [('dart:io', 50.0), ('rust', 100.0)]) {
      runs.single.add(
        BenchmarkResult(
          BenchmarkRow.sendBinary,
          client,
          value,
          const Duration(milliseconds: 2),
        ),
      );
    }
    await tester.pump();
    expect(find.text('Send 1 MiB binary'), findsOneWidget);
    expect(find.text('2.00 times faster'), findsOneWidget);
    runs.single.addError(TimeoutException('no answer'));
    unawaited(runs.single.close());
    await tester.pump();
    await tester.pump();
    expect(find.text('The server did not answer in time.'), findsOneWidget);
    await tester.tap(find.text('Try again'));
    await tester.pump();
    expect(runs, hasLength(2));
    expect(find.text('2.00 times faster'), findsNothing);
    await finish(tester);
  });
}
