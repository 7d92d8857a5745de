// Streams that are added to a channel of the browser.
import '../dart/add_stream_test.dart' as everywhere;
import 'support/page.dart';

void main() {
  usePage();
  everywhere.main();
}
