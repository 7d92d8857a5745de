import 'dart:math';

/// Numbers that depend on [seed] and [parts] alone, whatever else is drawn.
Random randomOf(int seed, List<int> parts) {
  var mixed = seed & _mask;
  for (final part in parts) {
    mixed = ((mixed ^ part) * 0x10dcd + 0x2545f491) & _mask;
    mixed ^= mixed >> 15;
  }
  return Random(mixed);
}

const _mask = 0x7fffffff;

extension Draw on Random {
  /// A number of milliseconds below [limit].
  Duration milliseconds(int limit) => Duration(milliseconds: nextInt(limit));

  /// Whether one of [n] equal chances comes true.
  bool oneIn(int n) => nextInt(n) == 0;

  T among<T>(List<T> values) => values[nextInt(values.length)];

  /// Below [limit], a small number as often as a large one.
  int spread(int limit) => pow(limit, nextDouble()).floor() - 1;
}
