import 'package:flutter/material.dart';
import 'package:rust_web_socket/rust_web_socket.dart';

import 'benchmark_page.dart';
import 'demo_page.dart';
import 'echo_page.dart';
import 'localizations.dart';
import 'logic/demo_connection.dart';

/// The app: three pages, in the device's theme and language.
class ExampleApp extends StatefulWidget {
  const ExampleApp({
    super.key,
    this.connector = const RustConnector(),
    this.checkEcho = connectToEcho,
  });

  /// Makes the demo's connections.
  final DemoConnector connector;

  /// Connects to the echo page's server, to check whether that works.
  final RustWebSocketChannel Function() checkEcho;

  @override
  State<ExampleApp> createState() => _ExampleAppState();
}

class _ExampleAppState extends State<ExampleApp> {
  static const _seed = Color(0xff20606c);

  /// The chosen language; null for the device's.
  Locale? _locale;

  @override
  Widget build(BuildContext context) => MaterialApp(
    title: 'rust_web_socket',
    theme: _theme(Brightness.light),
    darkTheme: _theme(Brightness.dark),
    locale: _locale,
    supportedLocales: appLocales,
    localizationsDelegates: appLocalizations,
    home: _Home(
      connector: widget.connector,
      checkEcho: widget.checkEcho,
      onLanguage: (languageCode) =>
          setState(() => _locale = Locale(languageCode)),
    ),
  );

  static ThemeData _theme(Brightness brightness) => ThemeData(
    useMaterial3: true,
    colorScheme: ColorScheme.fromSeed(seedColor: _seed, brightness: brightness),
  );
}

class _Home extends StatefulWidget {
  const _Home({
    required this.connector,
    required this.checkEcho,
    required this.onLanguage,
  });

  final DemoConnector connector;
  final RustWebSocketChannel Function() checkEcho;
  final void Function(String languageCode) onLanguage;

  @override
  State<_Home> createState() => _HomeState();
}

class _HomeState extends State<_Home> {
  int _page = 0;

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    final language = IconButton(
      onPressed: () =>
          widget.onLanguage(texts.languageCode == 'zh' ? 'en' : 'zh'),
      tooltip: texts.otherLanguage,
      icon: const Icon(Icons.translate),
    );
    final pages = [
      EchoTab(language: language, connect: widget.checkEcho),
      DemoPage(connector: widget.connector, language: language),
      BenchmarkPage(language: language),
    ];
    return Scaffold(
      // All pages are kept, with their connections.
      body: IndexedStack(
        index: _page,
        children: [
          for (final (index, page) in pages.indexed)
            // Only the visible one is animated.
            TickerMode(enabled: index == _page, child: page),
        ],
      ),
      bottomNavigationBar: NavigationBar(
        selectedIndex: _page,
        onDestinationSelected: (page) => setState(() => _page = page),
        destinations: [
          NavigationDestination(
            icon: const Icon(Icons.repeat),
            label: texts.echo,
          ),
          NavigationDestination(
            icon: const Icon(Icons.forum_outlined),
            label: texts.demo,
          ),
          NavigationDestination(
            icon: const Icon(Icons.speed),
            label: texts.benchmark,
          ),
        ],
      ),
    );
  }
}
