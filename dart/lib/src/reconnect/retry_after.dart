import 'dart:math';

import 'package:clock/clock.dart';

/// The wait that a server's `Retry-After` asks for (RFC 9110 section 10.2.3);
/// null if it is missing or invalid.
///
/// A date in it is compared with the server's own [date] (section 6.6.1), since
/// a device's clock may be wrong; without one with [now].
Duration? parseRetryAfter(String? retryAfter, {String? date, DateTime? now}) {
  final value = retryAfter?.trim();
  if (value == null) return null;
  if (_seconds.hasMatch(value)) {
    // It may have too many digits for an int.
    return Duration(seconds: min(int.tryParse(value) ?? _aYear, _aYear));
  }
  final until = parseHttpDate(value);
  if (until == null) return null;
  final from =
      (date == null ? null : parseHttpDate(date)) ?? now ?? clock.now();
  final wait = until.difference(from);
  return Duration(seconds: wait.inSeconds.clamp(0, _aYear));
}

/// Parses a date in one of the three formats of RFC 9110 section 5.6.7; null if
/// it is invalid.
DateTime? parseHttpDate(String text) {
  final match = _imfOrRfc850.firstMatch(text);
  if (match != null) {
    final [day, month, year, time] = match.groups([1, 2, 3, 4]);
    return _date(year!, month!, day!, time!);
  }
  final asctime = _asctime.firstMatch(text);
  if (asctime == null) return null;
  final [month, day, time, year] = asctime.groups([1, 2, 3, 4]);
  return _date(year!, month!, day!, time!);
}

DateTime? _date(String year, String month, String day, String time) {
  final monthIndex = _months.indexOf(month.toLowerCase());
  if (monthIndex < 0) return null;
  var fullYear = int.parse(year);
  if (year.length == 2) {
    // RFC 9110: a date more than fifty years in the future is in the past.
    final thisYear = clock.now().toUtc().year;
    fullYear += thisYear - thisYear % 100;
    if (fullYear > thisYear + 50) fullYear -= 100;
  }
  final [hour, minute, second] = time.split(':').map(int.parse).toList();
  return DateTime.utc(
    fullYear,
    monthIndex + 1,
    int.parse(day),
    hour,
    minute,
    second,
  );
}

const _aYear = 365 * 24 * 60 * 60;

final _seconds = RegExp(r'^\d+$');

/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`.
final _imfOrRfc850 = RegExp(
  r'^\w+, (\d\d)[ -](\w{3})[ -](\d{4}|\d\d) (\d\d:\d\d:\d\d) GMT$',
);

/// `Sun Nov  6 08:49:37 1994`.
final _asctime = RegExp(r'^\w{3} (\w{3}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$');

const _months = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
];
