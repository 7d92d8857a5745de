import 'package:flutter/material.dart';

import 'app.dart';
import 'failure_panel.dart';

void main() {
  // What goes wrong while something is drawn is told in its place, in words.
  ErrorWidget.builder = (details) => BrokenPart(details.exceptionAsString());
  runApp(const ExampleApp());
}
