import 'dart:ffi';
import 'dart:io';

/// Processor time of some of this process's threads, from now on. Where there is
/// no /proc it is not a number.
final class ProcessorTime {
  ProcessorTime._(this._includes) : _start = _threads(_includes);

  /// The time of all threads.
  ProcessorTime.ofProcess() : this._((_) => true);

  /// The time of the isolate, and of what the VM does for it: garbage collection
  /// and, for dart:io over TLS, encryption. The VM runs them on the same
  /// threads. The threads that wait for sockets are not in it.
  ProcessorTime.ofIsolate() : this._((name) => !_waits.hasMatch(name));

  static final _waits = RegExp(r'^(dart:io EventHa|rust_web_socket)');

  final bool Function(String name) _includes;
  final Map<String, int> _start;

  double get elapsedMicroseconds {
    if (_start.isEmpty) return double.nan;
    var nanoseconds = 0;
    for (final MapEntry(key: thread, value: now) in _threads(
      _includes,
    ).entries) {
      nanoseconds += now - (_start[thread] ?? 0);
    }
    return nanoseconds / 1000;
  }

  /// Nanoseconds by thread.
  static Map<String, int> _threads(bool Function(String name) includes) {
    final folder = Directory('/proc/self/task');
    if (!folder.existsSync()) return const {};
    final times = <String, int>{};
    for (final thread in folder.listSync()) {
      try {
        final name = File('${thread.path}/comm').readAsStringSync();
        if (!includes(name)) continue;
        final statistics = File('${thread.path}/schedstat').readAsStringSync();
        times[thread.path] = int.parse(statistics.split(' ').first);
      } on FileSystemException {
        // It has just ended.
      }
    }
    return times;
  }
}

/// Microseconds of processor time of the thread that the isolate runs on now.
/// It runs on one thread from one event to the next, but not beyond.
double threadTime() {
  _clockGetTime(_threadClock, _time);
  final time = _time.ref;
  return time.seconds * 1e6 + time.nanoseconds / 1e3;
}

/// CLOCK_THREAD_CPUTIME_ID.
final _threadClock = Platform.isMacOS ? 16 : 3;

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
