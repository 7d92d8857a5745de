// Measures package:web_socket_channel over dart:io, see src/program.dart. It
// needs the real package, since the stand-in has no io.dart.
import 'dart:io';

import 'package:web_socket_channel/io.dart';

import 'src/channel_connection.dart';
import 'src/program.dart';

Future<void> main(List<String> arguments) => serve(arguments, (authority) {
  final context = authority == null
      ? null
      : (SecurityContext(withTrustedRoots: true)
          ..setTrustedCertificatesBytes(authority));
  final client = HttpClient(context: context);
  return (url) =>
      connected(IOWebSocketChannel.connect(url, customClient: client));
});
