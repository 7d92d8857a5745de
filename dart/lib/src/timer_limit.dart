/// [duration], or the longest that a browser's timer can wait: 2³¹ - 1 ms,
/// about 24.8 days. A longer timer fires there at once.
Duration timerLimit(Duration duration) =>
    duration < _longest ? duration : _longest;

const _longest = Duration(milliseconds: 0x7fffffff);
