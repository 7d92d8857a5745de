/// The inspector's service extensions on the web, where there are none.
library;

import '../inspector/inspector.dart';

/// Does nothing. A browser has no `dart:isolate`, which the real one needs.
void registerService(Inspector inspector) {}
