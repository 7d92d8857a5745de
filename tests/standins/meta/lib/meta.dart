/// Stand-in for package:meta: the annotations that this project uses. They mean
/// nothing to the compiler, only to the analyzer.
library;

/// Marks a member for use inside its package only.
const Object internal = _Annotation('internal');

/// Marks a member for use by subclasses only.
const Object protected = _Annotation('protected');

/// Marks a member that is public for tests only.
const Object visibleForTesting = _Annotation('visibleForTesting');

/// Marks a class whose instances never change.
const Object immutable = _Annotation('immutable');

/// Marks a method that every override must call.
const Object mustCallSuper = _Annotation('mustCallSuper');

/// Marks a class that other packages may not extend or implement.
const Object sealed = _Annotation('sealed');

/// Marks a function that declares a test.
const Object isTest = _Annotation('isTest');

/// Marks a function that declares a group of tests.
const Object isTestGroup = _Annotation('isTestGroup');

class _Annotation {
  const _Annotation(this.name);

  final String name;
}
