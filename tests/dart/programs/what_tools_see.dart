// Connects to its argument while DevTools' network view records, and prints as
// JSON what tools read from the VM's service: the package's service extensions
// and the recorded upgrades.
//
// Usage: what_tools_see.dart URL
import 'dart:convert';
import 'dart:developer';
import 'dart:io';
import 'dart:isolate';

import 'package:rust_web_socket/rust_web_socket.dart';

Future<void> main(List<String> arguments) async {
  // A release build ignores the variable with the library otherwise.
  RustWebSocketLibrary.load(fromEnvironment: true);
  HttpClient.enableTimelineLogging = true;
  final channel = RustWebSocketChannel.connect(arguments.first);
  await channel.ready;
  channel.sink.add('Hello');
  await channel.stream.first;

  final service = await Service.controlWebServer(
    enable: true,
    silenceOutput: true,
  );
  final client = HttpClient();
  Future<Map<String, dynamic>> call(String method) async {
    final request = await client.getUrl(
      service.serverUri!
          .resolve(method)
          .replace(
            queryParameters: {
              'isolateId': Service.getIsolateId(Isolate.current),
            },
          ),
    );
    final response = await utf8.decodeStream(await request.close());
    return (jsonDecode(response) as Map<String, dynamic>)['result']
        as Map<String, dynamic>;
  }

  final isolate = await call('getIsolate');
  final profile = await call('ext.dart.io.getHttpProfile');
  print(
    jsonEncode({
      'isRelease': const bool.fromEnvironment('dart.vm.product'),
      'extensions': [
        for (final it in isolate['extensionRPCs'] as List)
          if ('$it'.startsWith('ext.rust_web_socket.')) it,
      ],
      'upgrades': [
        for (final request in profile['requests'] as List)
          if (request case {
            'id': final String id,
            'uri': final String uri,
            'events': final List<Object?> events,
            'response': {'statusCode': final int status},
          } when id.startsWith('from_package/'))
            {
              'uri': uri,
              'status': status,
              'phases': [
                for (final event in events)
                  if (event case {'event': final String name}) name,
              ],
            },
      ],
    }),
  );
  await channel.sink.close();
  exit(0);
}
