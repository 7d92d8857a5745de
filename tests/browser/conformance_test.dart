// A connection of the browser behaves like every other one.
import 'package:rust_web_socket/src/connection/connector.dart';

import '../dart/conformance/behaviours.dart';
import '../dart/conformance/networked.dart';
import 'support/page.dart';

void main() {
  usePage();
  testConnection(const Networked('browser', connectorFor, canPing: false));
  testConnection(const Networked('reconnecting', reconnecting, canPing: false));
}
