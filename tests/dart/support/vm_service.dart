import 'dart:async';
import 'dart:convert';
import 'dart:developer';
import 'dart:io';
import 'dart:isolate';

import 'package:test/test.dart';

/// A client of this program's VM service, as DevTools is one.
final class VmService {
  VmService._(this._socket) {
    _socket.listen((data) {
      final message = jsonDecode(data as String) as Map<String, dynamic>;
      if (message['id'] case final int id) {
        _calls.remove(id)!.complete(message);
      } else {
        final parameters = message['params'] as Map<String, dynamic>;
        _events.add(parameters['event'] as Map<String, dynamic>);
      }
    });
  }

  /// Starts the service and connects to it. Both end after the test.
  static Future<VmService> connect() async {
    final info = await Service.controlWebServer(
      enable: true,
      silenceOutput: true,
    );
    final socket = await WebSocket.connect('${info.serverWebSocketUri}');
    addTearDown(() async {
      await socket.close();
      await Service.controlWebServer(silenceOutput: true);
    });
    return VmService._(socket);
  }

  final WebSocket _socket;
  final Map<int, Completer<Map<String, dynamic>>> _calls = {};
  final _events = StreamController<Map<String, dynamic>>.broadcast();
  int _lastId = 0;

  /// The events of the streams that are listened to.
  Stream<Map<String, dynamic>> get events => _events.stream;

  /// Calls [method], and returns its result. An error is thrown as a
  /// [VmServiceError].
  Future<Map<String, dynamic>> call(
    String method, [
    Map<String, Object?> parameters = const {},
  ]) async {
    final id = ++_lastId;
    final reply = _calls[id] = Completer();
    _socket.add(
      jsonEncode({
        'jsonrpc': '2.0',
        'id': id,
        'method': method,
        'params': parameters,
      }),
    );
    final message = await reply.future;
    if (message['error'] case final Map<String, dynamic> error) {
      throw VmServiceError(error);
    }
    return message['result'] as Map<String, dynamic>;
  }

  /// Calls a service extension of this isolate.
  Future<Map<String, dynamic>> extension(
    String name, [
    Map<String, String> parameters = const {},
  ]) => call(name, {
    'isolateId': Service.getIsolateId(Isolate.current),
    ...parameters,
  });
}

/// An error of the service.
final class VmServiceError implements Exception {
  /// Creates the error from its JSON.
  VmServiceError(this._json);

  final Map<String, dynamic> _json;

  @override
  String toString() => jsonEncode(_json);
}
