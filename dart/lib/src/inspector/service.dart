/// The service extensions that viewers call: see docs/inspector.md.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:developer';
import 'dart:math';

import 'inspected_connection.dart';
import 'inspector.dart';

/// The service extensions of an isolate's inspector.
final class InspectorService {
  /// Registers them.
  InspectorService(this._inspector) {
    // Not in the app's zone, which may catch errors and control timers.
    Zone.root.run(() {
      for (final MapEntry(key: name, value: handler) in {
        'connections': _connections,
        'watch': _watch,
        'frames': _frames,
        'send': _send,
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

  final Inspector _inspector;

  final Map<String, _Watch> _watches = {};
  Set<String> _watched = const {};

  static const _watchTime = Duration(seconds: 10);
  static const _maxViewers = 16;

  /// An app may have thousands of connections, and a viewer asks often.
  static const _maxConnections = 256;

  Map<String, Object?> _connections(_Parameters _) {
    final all = _inspector.connections;
    final omitted = max(0, all.length - _maxConnections);
    return {
      'type': 'Connections',
      'version': 1,
      'now': DateTime.now().microsecondsSinceEpoch,
      'allowsSending': WebSocketInspector.allowsSending,
      'showsSecrets': WebSocketInspector.showsSecrets,
      'forgotten': _inspector.forgotten,
      'omitted': omitted,
      'connections': [
        for (final connection in all.skip(omitted)) connection.toJson(),
      ],
      'reconnecting': [
        for (final channel in _inspector.channels.skip(
          max(0, _inspector.channels.length - _maxConnections),
        ))
          channel.toJson(),
      ],
    };
  }

  Map<String, Object?> _watch(_Parameters parameters) {
    final viewer = parameters.text('viewer', '');
    final payloadSize = parameters.number('payload', 0, 0, 256 * 1024);
    final all = parameters.text('connections', '').split(',');
    final ids = {...all.where((id) => id.isNotEmpty).take(_maxConnections)};
    _watches.remove(viewer)?.end?.cancel();
    if (_watches.length == _maxViewers) {
      _watches.remove(_watches.keys.first)!.end?.cancel();
    }
    _watches[viewer] = (
      ids: ids,
      payloadSize: payloadSize,
      // A viewer that ends does not call this again.
      end: ids.any(_isActive)
          ? Timer(_watchTime, () {
              _watches.remove(viewer);
              _apply();
            })
          : null,
    );
    _apply();
    return {
      'type': 'Watch',
      'until': DateTime.now().add(_watchTime).microsecondsSinceEpoch,
    };
  }

  bool _isActive(String id) => _inspector.connection(id)?.hasEnded == false;

  /// A connection has ended. A timer of its watches would keep the isolate
  /// alive.
  void onEnded() {
    for (final (:ids, payloadSize: _, :end) in _watches.values) {
      if (!ids.any(_isActive)) end?.cancel();
    }
  }

  /// Records of each connection what the viewers ask for.
  void _apply() {
    final sizes = <String, int>{};
    for (final (:ids, :payloadSize, end: _) in _watches.values) {
      for (final id in ids) {
        sizes[id] = max(sizes[id] ?? 0, payloadSize);
      }
    }
    for (final id in {..._watched, ...sizes.keys}) {
      _inspector.connection(id)?.watch(sizes[id]);
    }
    _watched = sizes.keys.toSet();
  }

  Map<String, Object?> _frames(_Parameters parameters) {
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

  Map<String, Object?> _send(_Parameters parameters) {
    if (!WebSocketInspector.allowsSending) {
      throw const _InvalidParameter(
        'The app does not allow sending. It can set '
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

/// What a viewer watches, until [end], or for good once all have ended.
typedef _Watch = ({Set<String> ids, int payloadSize, Timer? end});

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
