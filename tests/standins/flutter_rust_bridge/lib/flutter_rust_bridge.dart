/// Stand-in for package:flutter_rust_bridge 2.11.0: what its users see.
library;

export 'src/exceptions.dart';
export 'src/external_library.dart' show loadExternalLibrary;
export 'src/task.dart' show BaseHandler, SyncTask;
