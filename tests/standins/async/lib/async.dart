/// Stand-in for package:async: the few classes that this project, its tests and
/// the other stand-ins use.
library;

export 'src/sinks.dart';
export 'src/stream_queue.dart';
