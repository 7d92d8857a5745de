import 'dart:ffi';
import 'dart:io';

/// Processor time of the isolate from now on, including garbage collection and,
/// for dart:io over TLS, encryption, which the VM runs on the same threads.
/// Threads that wait for sockets are excluded.
final class IsolateTime {
  IsolateTime() : _start = _threads();

  static final _waits = RegExp('^(dart:io EventHa|rust_web_socket)');

  final Map<String, int> _start;

  /// NaN without /proc.
  double get elapsedMicroseconds {
    if (_start.isEmpty) return double.nan;
    var nanoseconds = 0;
    for (final MapEntry(key: thread, value: now) in _threads().entries) {
      nanoseconds += now - (_start[thread] ?? 0);
    }
    return nanoseconds / 1000;
  }

  /// Nanoseconds by thread.
  static Map<String, int> _threads() {
    final folder = Directory('/proc/self/task');
    if (!folder.existsSync()) return const {};
    final times = <String, int>{};
    for (final thread in folder.listSync()) {
      try {
        final name = File('${thread.path}/comm').readAsStringSync();
        if (_waits.hasMatch(name)) continue;
        final statistics = File('${thread.path}/schedstat').readAsStringSync();
        times[thread.path] = int.parse(statistics.split(' ').first);
      } on FileSystemException {
        // The thread has just ended.
      }
    }
    return times;
  }
}

/// Microseconds of processor time of the thread that the isolate runs on now.
/// It runs on one thread from one event to the next, but not beyond.
double threadTime() => _read(_threadClock);

/// Microseconds of processor time of this process.
double processTime() => _read(_processClock);

/// CLOCK_THREAD_CPUTIME_ID and CLOCK_PROCESS_CPUTIME_ID.
final _threadClock = Platform.isMacOS ? 16 : 3;
final _processClock = Platform.isMacOS ? 12 : 2;

/// NaN on Windows, which has no such clocks.
double _read(int clock) {
  if (Platform.isWindows) return double.nan;
  _clockGetTime(clock, _time);
  final time = _time.ref;
  return time.seconds * 1e6 + time.nanoseconds / 1e3;
}

/// POSIX's `timespec`.
final class _Time extends Struct {
  @Long()
  external int seconds;

  @Long()
  external int nanoseconds;
}

final _time = DynamicLibrary.process()
    .lookupFunction<
      Pointer<_Time> Function(Size, Size),
      Pointer<_Time> Function(int, int)
    >('calloc')(1, sizeOf<_Time>());

final _clockGetTime = DynamicLibrary.process()
    .lookupFunction<
      Int Function(Int, Pointer<_Time>),
      int Function(int, Pointer<_Time>)
    >('clock_gettime', isLeaf: true);
