import 'package:flutter/material.dart';

import 'benchmark_page.dart';
import 'demo_page.dart';
import 'echo_page.dart';
import 'localizations.dart';
import 'logic/demo_connection.dart';

/// The app: three pages, in the device's theme and language.
class ExampleApp extends StatefulWidget {
  const ExampleApp({super.key, this.connector = const RustConnector()});

  /// Makes the demo's connections.
  final DemoConnector connector;

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
  const _Home({required this.connector, required this.onLanguage});

  final DemoConnector connector;
  final void Function(String languageCode) onLanguage;

  @override
  State<_Home> createState() => _HomeState();
}

class _HomeState extends State<_Home> {
  int _page = 0;

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    final language = TextButton(
      onPressed: () =>
          widget.onLanguage(texts.languageCode == 'zh' ? 'en' : 'zh'),
      child: Text(texts.otherLanguage),
    );
    return Scaffold(
      body: switch (_page) {
        0 => EchoTab(language: language),
        1 => DemoPage(connector: widget.connector, language: language),
        _ => BenchmarkPage(language: language),
      },
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
