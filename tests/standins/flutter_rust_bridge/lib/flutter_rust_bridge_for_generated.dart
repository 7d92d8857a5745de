/// Stand-in for package:flutter_rust_bridge 2.11.0: what generated code imports.
library;

export 'flutter_rust_bridge_for_generated_io.dart';
