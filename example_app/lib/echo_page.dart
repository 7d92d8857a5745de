import 'package:flutter/material.dart';
import 'package:rust_web_socket/rust_web_socket.dart';

import 'echo_url.dart';
import 'failure_panel.dart';
import 'localizations.dart';
import 'logic/probe.dart';
import 'web_socket_route.dart';

/// Connects to the echo page's server.
RustWebSocketChannel connectToEcho() => RustWebSocketChannel.connect(
  echoUrl,
  connectTimeout: const Duration(seconds: 10),
);

/// The page of Flutter's guides, and below it the cause of a failed connect
/// with a button to try again.
class EchoTab extends StatefulWidget {
  const EchoTab({
    required this.language,
    super.key,
    this.connect = connectToEcho,
    this.page = const WebSocketRoute(),
  });

  /// The button that changes the language.
  final Widget language;

  /// Connects to the page's server, to check whether that works.
  final RustWebSocketChannel Function() connect;

  /// The page of Flutter's guides.
  final Widget page;

  @override
  State<EchoTab> createState() => _EchoTabState();
}

class _EchoTabState extends State<EchoTab> {
  int _attempt = 0;
  late Probe _probe = Probe(widget.connect);

  void _tryAgain() => setState(() {
    _attempt++;
    _probe = Probe(widget.connect);
  });

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    return FutureBuilder(
      // A new attempt has a new page, with a new connection.
      key: ValueKey(_attempt),
      future: _probe.failure,
      initialData: _probe.refusal,
      builder: (context, snapshot) => LayoutBuilder(
        builder: (context, constraints) => Column(
          children: [
            Expanded(
              // The page would throw too.
              child: _probe.refusal == null
                  ? widget.page
                  : const SizedBox.shrink(),
            ),
            if (snapshot.data case final failure?)
              ConstrainedBox(
                constraints: BoxConstraints(
                  maxHeight: constraints.maxHeight / 2,
                ),
                child: SingleChildScrollView(
                  padding: const EdgeInsets.symmetric(horizontal: 16),
                  child: FailurePanel(failure: failure, onRetry: _tryAgain),
                ),
              )
            else if (snapshot.connectionState == ConnectionState.waiting)
              LinearProgressIndicator(semanticsLabel: texts.connecting),
            Padding(
              padding: const EdgeInsets.symmetric(horizontal: 20, vertical: 4),
              child: Row(
                children: [
                  const Expanded(
                    child: Text(echoUrl, overflow: TextOverflow.ellipsis),
                  ),
                  widget.language,
                  if (snapshot.data == null)
                    IconButton(
                      onPressed: _tryAgain,
                      tooltip: texts.tryAgain,
                      icon: const Icon(Icons.refresh),
                    ),
                ],
              ),
            ),
          ],
        ),
      ),
    );
  }
}
