import 'dart:io';

/// How long a test may take without progress.
class Timeout {
  const Timeout(this.duration) : scaleFactor = null;

  const Timeout.factor(num this.scaleFactor) : duration = null;

  const Timeout._none() : duration = null, scaleFactor = null;

  /// No limit.
  static const Timeout none = Timeout._none();

  final Duration? duration;
  final num? scaleFactor;

  /// The limit, given the default one; null if there is none.
  Duration? apply(Duration base) =>
      duration ?? (scaleFactor == null ? null : base * scaleFactor!);

  /// This timeout of a group, refined by the one of a member.
  Timeout merge(Timeout inner) {
    if (this == none || inner == none) return none;
    if (inner.duration != null) return inner;
    if (duration != null) return Timeout(duration! * inner.scaleFactor!);
    return Timeout.factor(scaleFactor! * inner.scaleFactor!);
  }
}

// The annotations of a library are read by the real runner only; a file that is
// run directly ignores them, there as here.

class TestOn {
  const TestOn(this.expression);
  final String expression;
}

class Skip {
  const Skip([this.reason]);
  final String? reason;
}

class Tags {
  const Tags(this.tags);
  final Iterable<String> tags;
}

class OnPlatform {
  const OnPlatform(this.annotationsByPlatform);
  final Map<String, Object> annotationsByPlatform;
}

class Retry {
  const Retry(this.count);
  final int count;
}

/// Whether a platform selector such as `vm && !windows` includes this VM.
/// There are no parentheses.
bool runsHere(String selector) => selector
    .split('||')
    .any((any) => any.split('&&').every((term) => _termHolds(term.trim())));

bool _termHolds(String term) {
  if (term.startsWith('!')) return !_termHolds(term.substring(1).trim());
  const elsewhere = {
    'browser',
    'js',
    'chrome',
    'firefox',
    'safari',
    'edge',
    'node',
  };
  const compilers = {'dart2js', 'dart2wasm', 'exe'};
  return switch (term) {
    'vm' || 'dart-vm' || 'kernel' => true,
    'posix' => !Platform.isWindows,
    'mac-os' => Platform.isMacOS,
    'linux' ||
    'windows' ||
    'android' ||
    'ios' => Platform.operatingSystem == term,
    _ when elsewhere.contains(term) || compilers.contains(term) => false,
    _ => throw FormatException('not a platform that the stand-in knows', term),
  };
}
