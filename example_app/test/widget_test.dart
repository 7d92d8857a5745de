// Needs Flutter: `flutter test`. `flutter create` would put a test of its own
// under this name.
import 'package:example_app/failure_panel.dart';
import 'package:example_app/logic/failure.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';

import 'widget/support.dart';

void main() {
  testWidgets('a failure has an explanation, its cause and a retry', (
    tester,
  ) async {
    var retries = 0;
    await tester.pumpWidget(
      inApp(
        Scaffold(
          body: FailurePanel(
            failure: Failure.of(const FormatException('no host')),
            onRetry: () => retries++,
          ),
        ),
      ),
    );
    await tester.pumpAndSettle();
    expect(find.text('The address is invalid'), findsOneWidget);
    expect(find.text('no host'), findsOneWidget);
    await tester.tap(find.text('Try again'));
    expect(retries, 1);
  });

  testWidgets("a widget that can't be built shows a message", (tester) async {
    await tester.pumpWidget(const BrokenPart('the cause'));
    expect(find.textContaining('Something went wrong'), findsOneWidget);
    expect(find.textContaining('the cause'), findsOneWidget);
  });
}
