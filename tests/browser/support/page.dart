import 'dart:io';

import 'package:test/test.dart';
import 'package:web/page.dart';

/// The browser that `cargo xtask browser` runs.
Uri get browser => Uri.parse(Platform.environment['BROWSER']!);

/// Opens a page before the tests of this file, and closes it after them.
void usePage() {
  setUpAll(() => Page.open(browser));
  tearDownAll(() => Page.current.close());
}
