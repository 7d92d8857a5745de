import 'package:flutter/material.dart';

import 'app.dart';
import 'failure_panel.dart';

void main() {
  // Shows a readable message in place of a widget that could not be built.
  ErrorWidget.builder = (details) => BrokenPart(details.exceptionAsString());
  runApp(const ExampleApp());
}
