// Needs Flutter: `flutter test`.
import 'package:example_app/benchmark_page.dart';
import 'package:example_app/demo_page.dart';
import 'package:example_app/echo_page.dart';
import 'package:example_app/localizations.dart';
import 'package:example_app/logic/benchmark.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:rust_web_socket/testing.dart';

import 'support.dart';

/// Of the smallest phones, of a usual one and of a desktop's window.
const _sizes = [
  Size(320, 568),
  Size(568, 320),
  Size(390, 844),
  Size(844, 390),
  Size(1280, 800),
];
const _textScales = [1.0, 1.3, 2.0, 3.0];

/// A page in the states in which it shows the most.
typedef _Page = (
  String name,
  Widget Function() build,
  Future<void> Function(WidgetTester tester) use,
);

void main() {
  final pages = <_Page>[
    ('echo page with a failure', _echoPage, (tester) async {}),
    ('demo page', _demoPage, _connectAndLose),
    ('benchmark page with results and a failure', _benchmarkPage, _measure),
  ];
  for (final (name, build, use) in pages) {
    for (final locale in appLocales) {
      testWidgets('the $name has room in $locale', (tester) async {
        addTearDown(tester.view.reset);
        addTearDown(tester.platformDispatcher.clearAllTestValues);
        tester.view.devicePixelRatio = 1;
        for (final size in _sizes) {
          for (final scale in _textScales) {
            final reason = '$size × $scale';
            tester.platformDispatcher.textScaleFactorTestValue = scale;
            // At first so high that all of the page is built.
            tester.view.physicalSize = Size(size.width, 20000);
            await tester.pumpWidget(
              inApp(_Frame(build()), language: locale.languageCode),
            );
            await use(tester);
            await tester.pump(const Duration(seconds: 1));
            expect(tester.takeException(), isNull, reason: reason);
            tester.view.physicalSize = size;
            await tester.pump(const Duration(seconds: 1));
            expect(tester.takeException(), isNull, reason: reason);
            await finish(tester);
          }
        }
      });
    }
  }
}

/// What the app has around each page.
class _Frame extends StatelessWidget {
  const _Frame(this.page);

  final Widget page;

  @override
  Widget build(BuildContext context) => Scaffold(
    body: page,
    bottomNavigationBar: NavigationBar(
      destinations: const [
        NavigationDestination(icon: Icon(Icons.repeat), label: 'Echo'),
        NavigationDestination(icon: Icon(Icons.speed), label: 'Benchmark'),
      ],
    ),
  );
}

final _language = IconButton(
  onPressed: () {},
  icon: const Icon(Icons.translate),
);

Widget _echoPage() => EchoTab(
  language: _language,
  connect: (FakeServer()..refusal = _refusal).connect,
);

const _refusal = ConnectionRefusedException(
  '127.0.0.1:8080 refused the connection (os error 111)',
);

late FakeServer _server;

Widget _demoPage() {
  _server = echoServer();
  return DemoPage(connector: FakeConnector(_server), language: _language);
}

Future<void> _connectAndLose(WidgetTester tester) async {
  await tester.pump();
  final context = tester.element(find.byType(DemoPage));
  final texts = textsOf(context);
  Future<void> tap(Finder finder) async {
    await tester.tap(finder);
    await tester.pump(const Duration(seconds: 1));
  }

  await tap(find.text(texts.reconnect));
  await tap(find.widgetWithText(FilledButton, texts.connect));
  await tester.enterText(
    find.widgetWithText(TextField, texts.sendMessage),
    'a message ' * 20,
  );
  await tap(find.byIcon(Icons.send));
  expect(find.byIcon(Icons.south_west), findsOneWidget);
  expect(tester.takeException(), isNull);
  _server
    ..refusal = _refusal
    ..dropConnections();
}

Widget _benchmarkPage() => BenchmarkPage(
  language: _language,
  measure: () async* {
    for (final row in BenchmarkRow.values) {
      for (final client in ['dart:io', 'rust_web_socket']) {
        yield BenchmarkResult(row, client, 1e6, const Duration(seconds: 1));
      }
    }
    throw _refusal;
  },
);

Future<void> _measure(WidgetTester tester) async {
  await tester.tap(find.byType(FilledButton));
  await tester.pump();
  await tester.pump();
  expect(find.byType(LinearProgressIndicator), findsNWidgets(8));
}
