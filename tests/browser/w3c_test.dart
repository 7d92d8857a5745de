// The standard's WebSocket and the SocketTask, over the browser's.
import '../dart/w3c_test.dart' as everywhere;
import 'support/page.dart';

void main() {
  usePage();
  everywhere.main();
}
