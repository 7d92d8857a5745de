/// Stand-in for package:web: the browser's `WebSocket`, over dart:io's, with
/// the rules of WHATWG WebSockets that a program can break.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io' as io;
import 'dart:typed_data';

import 'package:js_interop/js_interop.dart';

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

class WebSocket {
  static const OPEN = 1;

  WebSocket(this.url, [JSAny? protocols]) {
    final offered = protocols == null
        ? const <String>[]
        : (protocols as List).cast<String>();
    if (offered.toSet().length != offered.length) {
      throw _DomException('SyntaxError', "'$url': a subprotocol comes twice");
    }
    _connect(offered);
  }

  final String url;
  String binaryType = 'blob';
  JSFunction? onopen;
  JSFunction? onmessage;
  JSFunction? onerror;
  JSFunction? onclose;

  io.WebSocket? _socket;
  int _readyState = 0;
  (int?, String?)? _closing;

  int get readyState => _readyState;
  String get protocol => _socket?.protocol ?? '';
  String get extensions => '';
  int get bufferedAmount => 0;

  Future<void> _connect(List<String> protocols) async {
    final io.WebSocket socket;
    try {
      socket = await io.WebSocket.connect(url, protocols: protocols);
    } on Exception {
      return _fail();
    }
    if (_closing != null) {
      unawaited(socket.close());
      return _fail();
    }
    _socket = socket;
    _readyState = 1;
    _fire(onopen, Event());
    socket.listen(
      (message) => _fire(onmessage, MessageEvent._(_toJS(message))),
      onDone: () {
        _readyState = 3;
        final code = socket.closeCode ?? 1006;
        _fire(
          onclose,
          CloseEvent._(code, socket.closeReason ?? '', code != 1006),
        );
      },
    );
  }

  void _fail() {
    _readyState = 3;
    _fire(onerror, Event());
    _fire(onclose, CloseEvent._(1006, '', false));
  }

  JSAny _toJS(Object? message) {
    if (message is String) return message.toJS;
    if (binaryType != 'arraybuffer') throw UnsupportedError('Blob');
    return Uint8List.fromList(message! as List<int>).buffer as JSArrayBuffer;
  }

  void send(JSAny data) {
    if (_readyState == 0) {
      throw _DomException('InvalidStateError', 'it is still connecting');
    }
    _socket!.add(data as Object);
  }

  void close([int? code, String? reason]) {
    if (code != null && code != 1000 && (code < 3000 || code > 4999)) {
      throw _DomException('InvalidAccessError', 'the code $code');
    }
    if (reason != null && utf8.encode(reason).length > 123) {
      throw _DomException('SyntaxError', 'the reason is too long');
    }
    if (_readyState >= 2) return;
    _readyState = 2;
    _closing = (code, reason);
    unawaited(_socket?.close(code, reason));
  }

  static void _fire(JSFunction? handler, Event event) {
    if (handler != null) Function.apply(handler as Function, [event]);
  }
}

final class _DomException {
  _DomException(this.name, this.message);

  final String name;
  final String message;

  @override
  String toString() => '$name: $message';
}
