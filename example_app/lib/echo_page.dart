import 'package:flutter/material.dart';

import 'echo_url.dart';
import 'localizations.dart';
import 'web_socket_route.dart';

/// The guides' page, and below it what that has not: a way to try again.
class EchoTab extends StatefulWidget {
  const EchoTab({required this.language, super.key});

  /// Chooses another language.
  final Widget language;

  @override
  State<EchoTab> createState() => _EchoTabState();
}

class _EchoTabState extends State<EchoTab> {
  int _attempt = 0;

  @override
  Widget build(BuildContext context) => Column(
    children: [
      // A new page connects anew.
      Expanded(child: WebSocketRoute(key: ValueKey(_attempt))),
      Padding(
        padding: const EdgeInsets.symmetric(horizontal: 20, vertical: 4),
        child: Row(
          children: [
            const Expanded(
              child: Text(echoUrl, overflow: TextOverflow.ellipsis),
            ),
            widget.language,
            TextButton.icon(
              onPressed: () => setState(() => _attempt++),
              icon: const Icon(Icons.refresh),
              label: Text(textsOf(context).tryAgain),
            ),
          ],
        ),
      ),
    ],
  );
}
