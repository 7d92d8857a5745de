import 'dart:math';

/// Random numbers that depend only on [seed] and [parts].
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

  /// True with a probability of one in [n].
  bool oneIn(int n) => nextInt(n) == 0;

  T among<T>(List<T> values) => values[nextInt(values.length)];

  /// A number below [limit] of random magnitude.
  int spread(int limit) => pow(limit, nextDouble()).floor() - 1;
}
