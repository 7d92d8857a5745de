import 'dart:io';

/// The fields of [headers] as dart:io writes them: a list is one field, its
/// values separated by commas (RFC 9110 section 5.3), and a [DateTime] is an
/// HTTP date.
///
/// What is no value is left as it is, for the request to refuse it.
Map<String, dynamic>? foldedHeaders(Map<String, dynamic>? headers) =>
    headers?.map(
      (name, value) => MapEntry(name, switch (value) {
        // Without values there is no field.
        Iterable(isEmpty: false) when !value.contains(null) =>
          value.map(_text).join(', '),
        Iterable() => value,
        _ => _text(value),
      }),
    );

Object? _text(Object? value) =>
    value is DateTime ? HttpDate.format(value) : value;
