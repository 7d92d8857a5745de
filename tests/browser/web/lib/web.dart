/// Stand-in for package:web on the Dart VM: each `WebSocket` is one of a page in
/// a real browser.
library;

import 'dart:async';
import 'dart:typed_data';

import 'package:js_interop/js_interop.dart';

import 'page.dart';

class Event {}

class MessageEvent extends Event {
  MessageEvent._(this.data);

  final JSAny? data;
}

class CloseEvent extends Event {
  CloseEvent._(this.code, this.reason, this.wasClean);

  final int code;
  final String reason;
  final bool wasClean;
}

/// Every call and getter waits for the browser's own answer, so what a call
/// throws is what the browser throws. Two things differ from a program in the
/// page, whose turn takes several of the page's here:
///
/// - An event comes later than what it is about: [readyState] may have changed
///   before.
/// - In a page [bufferedAmount] does not fall within a turn. So after a [send]
///   it is what the browser has added to it, until the turn of the test ends.
class WebSocket {
  static const OPEN = 1;

  WebSocket(String url, [JSAny? protocols]) : _page = Page.current {
    _id = _page.addSocket(_dispatch);
    _page.call({
      'call': 'open',
      'socket': _id,
      'url': url,
      'protocols': protocols as List? ?? const <String>[],
    });
  }

  final Page _page;
  late final int _id;

  int? _bufferedInTurn;

  JSFunction? onopen;
  JSFunction? onmessage;
  JSFunction? onerror;
  JSFunction? onclose;

  String get url => _get('url')! as String;
  int get readyState => _get('readyState')! as int;
  String get protocol => _get('protocol')! as String;
  String get extensions => _get('extensions')! as String;
  int get bufferedAmount => _bufferedInTurn ?? _get('bufferedAmount')! as int;
  String get binaryType => _get('binaryType')! as String;
  set binaryType(String value) => _page.call({
    'call': 'set',
    'socket': _id,
    'name': 'binaryType',
    'value': value,
  });

  Object? _get(String name) =>
      _page.call({'call': 'get', 'socket': _id, 'name': name});

  void send(JSAny data) {
    final before = bufferedAmount;
    final isText = data.isA<JSString>();
    final more =
        _page.call({
              'call': 'send',
              'socket': _id,
              if (isText) 'text': data,
            }, isText ? null : data as Uint8List)!
            as int;
    if (_bufferedInTurn == null) {
      Zone.root.run(() => Timer.run(() => _bufferedInTurn = null));
    }
    _bufferedInTurn = before + more;
  }

  void close([int? code, String? reason]) => _page.call({
    'call': 'close',
    'socket': _id,
    'parameters': [if (code != null) code, if (reason != null) reason],
  });

  void _dispatch(Map<String, Object?> event, Uint8List bytes) {
    switch (event['event']) {
      case 'open':
        _fire(onopen, Event());
      case 'error':
        _fire(onerror, Event());
      case 'message':
        final text = event['text'] as String?;
        _fire(
          onmessage,
          MessageEvent._(
            text?.toJS ?? Uint8List.fromList(bytes).buffer as JSArrayBuffer,
          ),
        );
      case 'close':
        _fire(
          onclose,
          CloseEvent._(
            event['code']! as int,
            event['reason']! as String,
            event['wasClean']! as bool,
          ),
        );
    }
  }

  static void _fire(JSFunction? handler, Event event) {
    if (handler != null) Function.apply(handler as Function, [event]);
  }
}
