/// Stand-in for package:test, for test files that are run directly
/// (`dart some_test.dart`). The exit code and the closing line tell the result.
library;

export 'src/async_matchers.dart';
export 'src/declare.dart'
    show addTearDown, group, setUp, setUpAll, tearDown, tearDownAll, test;
export 'src/expect.dart';
export 'src/live_test.dart'
    show markTestSkipped, printOnFailure, pumpEventQueue;
export 'src/matcher.dart';
export 'src/matchers.dart';
export 'src/metadata.dart' show OnPlatform, Retry, Skip, Tags, TestOn, Timeout;
export 'src/stream_matchers.dart';
