import 'dart:io';

import 'package:test/test.dart';
import 'package:web/page.dart';

/// The browser that `cargo xtask browser` runs.
Uri get browser => Uri.parse(Platform.environment['BROWSER']!);

/// Whether the socket that was made last is open in the browser, which reports
/// its end later.
bool get lastSocketIsOpen {
  final page = Page.current;
  final last = page.sockets - 1;
  return page.call({'call': 'get', 'socket': last, 'name': 'readyState'}) == 1;
}

/// Opens a page before the tests of this file, and closes it after them.
void usePage() {
  setUpAll(() => Page.open(browser));
  tearDownAll(() => Page.current.close());
}
