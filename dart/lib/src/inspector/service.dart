/// The service extensions that viewers call: see docs/inspector.md.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:developer';

import 'inspected_connection.dart';
import 'inspector.dart';

/// Registers the service extensions of [inspector]. An isolate has one
/// inspector.
void registerService(Inspector inspector) {
  final service = _Service(inspector);
  // Not in the app's zone, whose timers and errors are the app's.
  Zone.root.run(() {
    for (final MapEntry(key: name, value: handler) in {
      'connections': service.connections,
      'watch': service.watch,
      'frames': service.frames,
      'send': service.send,
    }.entries) {
      registerExtension('ext.rust_web_socket.$name', (_, parameters) async {
        try {
          final result = handler(_Parameters(parameters));
          return ServiceExtensionResponse.result(jsonEncode(result));
        } on _InvalidParameter catch (error) {
          return ServiceExtensionResponse.error(
            ServiceExtensionResponse.invalidParams,
            error.message,
          );
        }
      });
    }
  });
}

final class _Service {
  _Service(this._inspector);

  final Inspector _inspector;

  /// Ends the watch of a viewer that does not extend it.
  Timer? _watchEnd;
  Set<String> _watched = const {};

  static const _watchTime = Duration(seconds: 10);

  Map<String, Object?> connections(_Parameters _) => {
    'type': 'Connections',
    'version': 1,
    'now': DateTime.now().microsecondsSinceEpoch,
    'allowsSending': WebSocketInspector.allowsSending,
    'showsSecrets': WebSocketInspector.showsSecrets,
    'forgotten': _inspector.forgotten,
    'connections': [
      for (final connection in _inspector.connections) connection.toJson(),
    ],
    'reconnecting': [
      for (final channel in _inspector.channels) channel.toJson(),
    ],
  };

  Map<String, Object?> watch(_Parameters parameters) {
    final ids = {
      for (final id in parameters.text('connections', '').split(','))
        if (id.isNotEmpty) id,
    };
    final payloadSize = parameters.number('payload', 0, 0, 256 * 1024);
    _watchEnd?.cancel();
    _watchEnd = Timer(_watchTime, () => _watch(const {}, 0));
    _watch(ids, payloadSize);
    return {
      'type': 'Watch',
      'until': DateTime.now().add(_watchTime).microsecondsSinceEpoch,
    };
  }

  void _watch(Set<String> ids, int payloadSize) {
    for (final id in _watched.difference(ids)) {
      _inspector.connection(id)?.watch(null);
    }
    _watched = ids;
    for (final id in ids) {
      _inspector.connection(id)?.watch(payloadSize);
    }
  }

  Map<String, Object?> frames(_Parameters parameters) {
    final connection = parameters.connection(_inspector);
    final after = parameters.number('after', 0, 0, 0x1fffffffffffff);
    final limit = parameters.number('limit', 1024, 1, 4096);
    final frames = connection.frames(after, limit);
    return {
      'type': 'Frames',
      'connection': connection.id,
      'next': frames?.next ?? 0,
      'isComplete': frames?.isComplete ?? true,
      'sent': frames?.sent ?? 0,
      'received': frames?.received ?? 0,
      'frames': frames == null ? '' : base64Encode(frames.records),
    };
  }

  Map<String, Object?> send(_Parameters parameters) {
    if (!WebSocketInspector.allowsSending) {
      throw const _InvalidParameter(
        'The app does not allow to send: set '
        'WebSocketInspector.allowsSending = true',
      );
    }
    final connection = parameters.connection(_inspector);
    final message = parameters.message();
    final bool isSent;
    try {
      isSent = connection.send(message);
    } on Exception catch (error) {
      throw _InvalidParameter('The message was not sent: $error');
    }
    if (!isSent) {
      throw _InvalidParameter('Connection ${connection.id} is not open');
    }
    return {'type': 'Success'};
  }
}

final class _Parameters {
  _Parameters(this._values);

  final Map<String, String> _values;

  String text(String name, String otherwise) => _values[name] ?? otherwise;

  int number(String name, int otherwise, int least, int most) {
    final text = _values[name];
    if (text == null) return otherwise;
    final value = int.tryParse(text);
    if (value == null || value < least || value > most) {
      throw _InvalidParameter('$name must be a number from $least to $most');
    }
    return value;
  }

  InspectedConnection connection(Inspector inspector) {
    final connection = inspector.connection(text('connection', ''));
    if (connection == null) {
      throw const _InvalidParameter(
        'There is no such connection: the inspector may have dropped it after '
        'its end',
      );
    }
    return connection;
  }

  Object message() {
    if (_values['text'] case final text?) return text;
    if (_values['binary'] case final base64?) {
      try {
        return base64Decode(base64);
      } on FormatException catch (error) {
        throw _InvalidParameter('binary is not base64: ${error.message}');
      }
    }
    throw const _InvalidParameter('text or binary is missing');
  }
}

final class _InvalidParameter implements Exception {
  const _InvalidParameter(this.message);

  final String message;
}
