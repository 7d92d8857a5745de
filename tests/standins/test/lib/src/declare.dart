import 'dart:async';
import 'dart:io';

import 'live_test.dart';
import 'metadata.dart';
import 'reporter.dart';

/// A body of a test, or of what surrounds it.
typedef Body = FutureOr<dynamic> Function();

/// Declares a test. [tags] select tests in the real runner and do nothing here.
void test(
  Object? description,
  Body body, {
  String? testOn,
  Timeout? timeout,
  Object? skip,
  Object? tags,
}) {
  final owner = _Group.current;
  final entry = _Test(owner.prefix('$description'), owner, body, timeout, skip);
  if (testOn == null || runsHere(testOn)) owner.entries.add(entry);
}

/// Declares tests that share a prefix, timeout, and set-up.
void group(
  Object? description,
  void Function() body, {
  String? testOn,
  Timeout? timeout,
  Object? skip,
  Object? tags,
}) {
  final owner = _Group.current;
  final entry = _Group(owner.prefix('$description'), owner, timeout, skip);
  entry.declare(body);
  if (testOn == null || runsHere(testOn)) owner.entries.add(entry);
}

/// Runs [callback] before each test of the group.
void setUp(Body callback) => _Group.current.setUps.add(callback);

/// Runs [callback] after each test of the group.
void tearDown(Body callback) => _Group.current.tearDowns.add(callback);

/// Runs [callback] before the first test of the group.
void setUpAll(Body callback) => _Group.current.setUpAlls.add(callback);

/// Runs [callback] after the last test of the group.
void tearDownAll(Body callback) => _Group.current.tearDownAlls.add(callback);

/// Runs [callback] after the running test, or after the whole group if a
/// [setUpAll] asks for it.
void addTearDown(Body callback) => LiveTest.current.tearDowns.add(callback);

sealed class _Entry {
  _Entry(this.name, this.parent, Timeout? timeout, Object? skip)
    : timeout = (parent?.timeout ?? const Timeout.factor(1)).merge(
        timeout ?? const Timeout.factor(1),
      ),
      isSkipped =
          (parent?.isSkipped ?? false) ||
          (skip != null && skip != false) ||
          _skipped.containsKey(name),
      skipReason =
          _skipped[name] ?? (skip is String ? skip : parent?.skipReason);

  /// What `cargo xtask windows` skips, by full name, with the reason: a line
  /// each.
  static final Map<String, String> _skipped = {
    for (final line in (Platform.environment['SKIPPED_TESTS'] ?? '').split(
      '\n',
    ))
      if (line.split('\t') case [final name, final reason]) name: reason,
  };

  final String name;
  final _Group? parent;
  final Timeout timeout;
  final bool isSkipped;
  final String? skipReason;
}

class _Test extends _Entry {
  _Test(super.name, super.parent, this.body, super.timeout, super.skip);

  final Body body;

  LiveTest toLiveTest() {
    final groups = parent!.fromOutermost;
    return LiveTest(
      name,
      () async {
        for (final group in groups) {
          for (final setUp in group.setUps) {
            await setUp();
          }
        }
        await body();
      },
      timeout: timeout.apply(const Duration(seconds: 30)),
      tearDowns: [for (final group in groups) ...group.tearDowns],
    );
  }
}

class _Group extends _Entry {
  _Group(super.name, super.parent, super.timeout, super.skip);

  static final _Group _root = _startRoot();
  static _Group? _declaring;
  static bool _started = false;

  static _Group get current {
    if (_started)
      throw StateError('The tests run already; declare them all at once.');
    return _declaring ?? _root;
  }

  /// The first declaration starts the run: after the rest of `main`.
  static _Group _startRoot() {
    Zone.root.run(() async {
      await pumpEventQueue();
      _started = true;
      final reporter = Reporter();
      await _root.run(reporter);
      await reporter.finish();
    });
    return _Group('', null, null, null);
  }

  final List<Body> setUps = [];
  final List<Body> tearDowns = [];
  final List<Body> setUpAlls = [];
  final List<Body> tearDownAlls = [];
  final List<_Entry> entries = [];

  List<_Group> get fromOutermost => [...?parent?.fromOutermost, this];

  String prefix(String description) =>
      name.isEmpty ? description : '$name $description';

  void declare(void Function() body) {
    final outer = _declaring;
    _declaring = this;
    try {
      final Object? result = (body as dynamic Function())();
      if (result is Future)
        throw ArgumentError('The body of a group has to be synchronous.');
    } finally {
      _declaring = outer;
    }
  }

  Future<void> run(Reporter reporter) async {
    var isSetUp = true;
    if (!isSkipped && setUpAlls.isNotEmpty) {
      isSetUp = await _runScaffold('(setUpAll)', () async {
        for (final setUp in setUpAlls) {
          await setUp();
        }
      }, reporter);
    }
    for (final entry in isSetUp ? entries : const <_Entry>[]) {
      switch (entry) {
        case _Group():
          await entry.run(reporter);
        case _Test(isSkipped: true):
          reporter.skipped(entry.name, entry.skipReason);
        case _Test():
          final test = entry.toLiveTest();
          reporter.started(test);
          await test.run(reporter);
      }
    }
    if (!isSkipped && tearDownAlls.isNotEmpty) {
      await _runScaffold(
        '(tearDownAll)',
        () => LiveTest.current.runTearDowns(tearDownAlls),
        reporter,
      );
    }
  }

  Future<bool> _runScaffold(
    String description,
    Body body,
    Reporter reporter,
  ) async {
    final test = LiveTest(
      prefix(description),
      body,
      timeout: const Duration(minutes: 12),
      tearDowns: tearDownAlls,
      isScaffold: true,
    );
    reporter.started(test);
    await test.run(reporter);
    return !test.hasFailed;
  }
}
