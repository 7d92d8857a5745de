// Drives a page that is lost. Run by tests/browser/page_test.dart.
//
// Usage: lost_page.dart HOW
import 'dart:async';
import 'dart:io';

import 'package:web/page.dart';

import '../support/page.dart';

Future<void> main(List<String> arguments) async {
  final [how] = arguments;
  if (how == 'does not load') {
    // A debugging port that opens no page.
    final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    server.listen((request) {
      request.response
        ..write('{"id": "none"}')
        ..close();
    });
    await Page.open(
      Uri.parse('http://127.0.0.1:${server.port}'),
      limit: const Duration(seconds: 1),
    );
    return;
  }
  final page = await Page.open(
    browser,
    limit: Duration(seconds: how == 'hangs' ? 10 : 60),
  );
  void run(String script) => page.call({'call': 'evaluate', 'script': script});
  switch (how) {
    case 'crashes':
      final debugger = await WebSocket.connect(
        '${browser.replace(scheme: 'ws')}/devtools/page/${page.target}',
      );
      debugger.add('{"id": 1, "method": "Page.crash"}');
    case 'hangs':
      run('for (;;);');
    case 'fails':
      run('setTimeout(() => missing())');
  }
  // The program does not end by itself.
  Timer.periodic(const Duration(seconds: 1), (_) {});
}
