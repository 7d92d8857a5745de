import 'package:example_app/app.dart';
import 'package:example_app/localizations.dart';
import 'package:example_app/logic/demo_connection.dart';
import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:rust_web_socket/testing.dart';

/// The language button, for pages that are tested alone.
const noLanguage = SizedBox.shrink();

/// Connects to a server in memory.
final class FakeConnector implements DemoConnector {
  FakeConnector(this.server);

  final FakeServer server;

  @override
  DemoConnection connect(String address, DemoOptions options) =>
      options.reconnect
      ? ReconnectingDemoConnection(server.connectReconnecting())
      : SingleDemoConnection(server.connect());
}

/// An echo server in memory.
FakeServer echoServer() =>
    FakeServer(onConnect: (peer) => peer.stream.listen(peer.sink.add));

/// [page] in an app, in [language].
Widget inApp(Widget page, {String language = 'en'}) => MaterialApp(
  locale: Locale(language),
  supportedLocales: appLocales,
  localizationsDelegates: appLocalizations,
  home: page,
);

/// The app, whose demo and check of the echo page connect to [server].
Widget appWith(FakeServer server) =>
    ExampleApp(connector: FakeConnector(server), checkEcho: server.connect);

/// Takes the page away, and lets what it closes end: no timer may be left.
Future<void> finish(WidgetTester tester) async {
  await tester.pumpWidget(const SizedBox.shrink());
  await tester.pump(const Duration(seconds: 10));
}

/// Scrolls the page down, or up, until [finder] finds something, which may not
/// be built before.
Future<void> reveal(WidgetTester tester, Finder finder, {bool up = false}) =>
    tester.scrollUntilVisible(
      finder,
      up ? -100 : 100,
      scrollable: find.byType(Scrollable).first,
      maxScrolls: 200,
    );
