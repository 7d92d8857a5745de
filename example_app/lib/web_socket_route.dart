import 'package:flutter/material.dart';
import 'package:rust_web_socket/rust_web_socket.dart';

import 'echo_url.dart';
import 'localizations.dart';
import 'logic/failure.dart';

/// The echo page of Flutter's guides: connect, listen, send, close. It differs
/// from the page for `web_socket_channel` only in the import and the class of
/// [channel].
class WebSocketRoute extends StatefulWidget {
  const WebSocketRoute({super.key});

  @override
  State<WebSocketRoute> createState() => _WebSocketRouteState();
}

class _WebSocketRouteState extends State<WebSocketRoute> {
  final _controller = TextEditingController();
  late RustWebSocketChannel channel;
  String _text = '';

  @override
  void initState() {
    super.initState();
    channel = RustWebSocketChannel.connect(echoUrl);
  }

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    return Scaffold(
      appBar: AppBar(title: Text(texts.echoTitle)),
      body: SingleChildScrollView(
        padding: const EdgeInsets.all(20),
        child: Column(
          crossAxisAlignment: CrossAxisAlignment.start,
          children: <Widget>[
            Form(
              child: TextFormField(
                controller: _controller,
                decoration: InputDecoration(labelText: texts.sendMessage),
              ),
            ),
            StreamBuilder(
              stream: channel.stream,
              builder: (context, snapshot) {
                if (snapshot.hasError) {
                  _text = texts.headline(FailureKind.other);
                } else if (snapshot.hasData) {
                  _text = 'echo: ${snapshot.data}';
                }
                return Padding(
                  padding: const EdgeInsets.symmetric(vertical: 24),
                  child: Text(_text),
                );
              },
            ),
          ],
        ),
      ),
      floatingActionButton: FloatingActionButton(
        onPressed: _sendMessage,
        tooltip: texts.send,
        child: const Icon(Icons.send),
      ),
    );
  }

  void _sendMessage() {
    if (_controller.text.isNotEmpty) {
      channel.sink.add(_controller.text);
    }
  }

  @override
  void dispose() {
    channel.sink.close();
    super.dispose();
  }
}
