import 'dart:io';

import 'package:rust_web_socket/src/rust/api/connection.dart'
    show liveConnections;

/// The resources that a process uses.
final class Figures {
  /// Reads them. A descriptor that is open only to read them is not counted.
  Figures.now()
    : memory = ProcessInfo.currentRss / _megabyte,
      descriptors = _entries('fd') - 1,
      threads = _entries('task'),
      connections = liveConnections();

  /// Resident memory in MB.
  final double memory;

  /// Open file descriptors.
  final int descriptors;

  final int threads;

  /// Connections of the library.
  final int connections;

  static const _megabyte = 1000 * 1000;

  static int _entries(String folder) {
    while (true) {
      try {
        return Directory('/proc/self/$folder').listSync().length;
      } on FileSystemException {
        // One was closed while they were listed.
      }
    }
  }

  @override
  String toString() =>
      '${memory.toStringAsFixed(1)} MB resident, $descriptors descriptors, '
      '$threads threads, $connections connections held';
}

/// The soft limit of descriptors.
String descriptorLimit() {
  final lines = File('/proc/self/limits').readAsLinesSync();
  final line = lines.firstWhere((line) => line.startsWith('Max open files'));
  return line.split(RegExp(' +'))[3];
}

/// The figures when no more is held and open than [before], or after 10
/// seconds. Descriptors of sockets close a moment after the last event.
Future<Figures> settled({Figures? before}) async {
  final clock = Stopwatch()..start();
  var figures = Figures.now();
  while (figures.connections > (before?.connections ?? 0) ||
      (before != null && figures.descriptors > before.descriptors)) {
    if (clock.elapsed > const Duration(seconds: 10)) break;
    await Future<void>.delayed(const Duration(milliseconds: 20));
    figures = Figures.now();
  }
  return figures;
}
