// Serves the inspector's page on this machine's loopback interface.
//
// In an app's folder: dart run rust_web_socket:inspector [ADDRESS] [--port N]
import 'dart:async';
import 'dart:io';
import 'dart:isolate';

const _usage = '''
Usage: dart run rust_web_socket:inspector [ADDRESS] [--port N]

ADDRESS   Address of the app's VM service, as `dart run` and `flutter run`
          print it: http://127.0.0.1:8181/code=/
          Without it, the page asks for the address.
--port N  Port to serve the page on. Default: a free one.
--until-stdin-closes
          End when standard input closes.''';

Future<void> main(List<String> arguments) async {
  if (arguments.any((argument) => argument == '--help' || argument == '-h')) {
    print(_usage);
    return;
  }
  final _Options options;
  try {
    options = _Options.parse(arguments);
  } on FormatException catch (error) {
    stderr.writeln('${error.message}\n\n$_usage');
    exitCode = 64;
    return;
  }
  final files = await _findFiles();
  if (files == null) {
    stderr.writeln(
      "The inspector's page is missing. Run `dart pub get`, and start this "
      'with `dart run rust_web_socket:inspector`.',
    );
    exitCode = 1;
    return;
  }
  final HttpServer server;
  try {
    server = await HttpServer.bind(InternetAddress.loopbackIPv4, options.port);
  } on SocketException catch (error) {
    final reason = error.osError?.message ?? error.message;
    stderr.writeln('Cannot listen on port ${options.port}: $reason');
    exitCode = 1;
    return;
  }
  _Page(files, server.port).serve(server);
  final page = Uri(
    scheme: 'http',
    host: '127.0.0.1',
    port: server.port,
    path: '/',
    queryParameters: switch (options.service) {
      final service? => {'uri': service},
      null => null,
    },
  );
  // Before the line is printed: its reader may interrupt at once.
  final ended = Future.any<void>([
    ProcessSignal.sigint.watch().first,
    if (options.isUntilStdinCloses) stdin.drain(),
  ]);
  print('listening on $page');
  await ended;
  exit(0);
}

/// What the command line asks for.
final class _Options {
  _Options(this.service, this.port, {required this.isUntilStdinCloses});

  /// Throws a [FormatException] whose message is a sentence.
  factory _Options.parse(List<String> arguments) {
    String? service;
    var port = 0;
    var isUntilStdinCloses = false;
    final rest = arguments.iterator;
    while (rest.moveNext()) {
      final argument = rest.current;
      if (argument == '--until-stdin-closes') {
        isUntilStdinCloses = true;
      } else if (argument == '--port') {
        port = _parsePort(rest.moveNext() ? rest.current : '');
      } else if (argument.startsWith('--port=')) {
        port = _parsePort(argument.substring('--port='.length));
      } else if (argument.startsWith('-')) {
        throw FormatException('There is no option $argument.');
      } else if (service != null) {
        throw FormatException(
          'Only one address is allowed: $argument is another.',
        );
      } else {
        service = _checkService(argument);
      }
    }
    return _Options(service, port, isUntilStdinCloses: isUntilStdinCloses);
  }

  static int _parsePort(String text) {
    final port = int.tryParse(text);
    if (port == null || port < 0 || port > 65535) {
      throw FormatException("--port needs a number up to 65535, not '$text'.");
    }
    return port;
  }

  static String _checkService(String text) {
    final uri = Uri.tryParse(text);
    if (uri == null ||
        !const ['http', 'https', 'ws', 'wss'].contains(uri.scheme) ||
        uri.host.isEmpty) {
      throw FormatException(
        "'$text' is not the address of a VM service, such as "
        'http://127.0.0.1:8181/code=/.',
      );
    }
    return text;
  }

  /// The address of the VM service, authentication code included.
  final String? service;

  final int port;
  final bool isUntilStdinCloses;
}

/// The page's files by their paths in URLs; null if there are none.
Future<Map<String, File>?> _findFiles() async {
  // Also an app finds them like this, with the package in pub's cache.
  final library = await Isolate.resolvePackageUri(
    Uri.parse('package:rust_web_socket/rust_web_socket.dart'),
  );
  if (library == null || !library.isScheme('file')) return null;
  final root = library.resolve('../extension/devtools/build/');
  final folder = Directory.fromUri(root);
  if (!folder.existsSync()) return null;
  final files = {
    for (final file in folder.listSync(recursive: true, followLinks: false))
      if (file is File)
        '/${file.absolute.uri.path.substring(root.path.length)}': file,
  };
  final index = files['/index.html'];
  return index == null ? null : {...files, '/': index};
}

/// Answers the requests for the page. It serves [_files] and nothing else, so
/// no path leads out of their folder.
final class _Page {
  _Page(this._files, this._port);

  static const _types = {
    'css': 'text/css; charset=utf-8',
    'html': 'text/html; charset=utf-8',
    'ico': 'image/x-icon',
    'js': 'text/javascript; charset=utf-8',
    'json': 'application/json; charset=utf-8',
    'mjs': 'text/javascript; charset=utf-8',
    'png': 'image/png',
    'svg': 'image/svg+xml',
  };

  final Map<String, File> _files;
  final int _port;

  void serve(HttpServer server) {
    server
      ..serverHeader = null
      ..defaultResponseHeaders.clear()
      // The server ends with the process. A request that fails is the
      // browser's to report.
      ..listen((request) => unawaited(_answer(request).catchError((_) {})));
  }

  Future<void> _answer(HttpRequest request) async {
    final response = request.response;
    // The address of the page contains the service's authentication code.
    response.headers
      ..set('Cache-Control', 'no-store')
      ..set('Referrer-Policy', 'no-referrer')
      ..set('X-Content-Type-Options', 'nosniff')
      // Another site must not show or read it. DevTools has its own server.
      ..set('Content-Security-Policy', "frame-ancestors 'none'")
      ..set('Cross-Origin-Resource-Policy', 'same-origin');
    final file = _files[request.uri.path];
    if (!_isForThisPage(request)) {
      // DNS rebinding: a site whose name was pointed to this machine.
      await _refuse(response, HttpStatus.forbidden, 'Wrong Host header.');
    } else if (!const ['GET', 'HEAD'].contains(request.method)) {
      response.headers.set('Allow', 'GET, HEAD');
      await _refuse(response, HttpStatus.methodNotAllowed, 'Only GET.');
    } else if (file == null || !file.existsSync()) {
      await _refuse(response, HttpStatus.notFound, 'There is no such file.');
    } else {
      final type = _types[file.path.split('.').last];
      response.headers.set('Content-Type', type ?? 'application/octet-stream');
      response.contentLength = file.lengthSync();
      if (request.method == 'GET') await response.addStream(file.openRead());
      await response.close();
    }
  }

  bool _isForThisPage(HttpRequest request) {
    final hosts = request.headers['host'] ?? const [];
    return hosts.length == 1 &&
        ['127.0.0.1:$_port', 'localhost:$_port'].contains(hosts.single);
  }

  Future<void> _refuse(HttpResponse response, int status, String reason) {
    response
      ..statusCode = status
      ..headers.set('Content-Type', 'text/plain; charset=utf-8')
      ..write(reason);
    return response.close();
  }
}
