/// Stand-in for package:flutter_rust_bridge 2.11.0: what generated code imports
/// where dart:ffi exists. Synchronous calls with the SSE codec only.
library;

export 'dart:async' show FutureOr;
export 'dart:typed_data' hide Int64List, Uint64List;

export 'package:meta/meta.dart' show internal, protected, sealed;

export 'flutter_rust_bridge.dart';
export 'src/binding.dart' show NativePortType, PlatformInt64;
export 'src/codec.dart';
export 'src/entrypoint.dart';
export 'src/external_library.dart'
    show ExternalLibrary, ExternalLibraryLoaderConfig;
export 'src/task.dart';
