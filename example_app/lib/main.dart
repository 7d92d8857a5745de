import 'package:flutter/material.dart';
import 'package:rust_web_socket/rust_web_socket.dart';

const _echoUrl = String.fromEnvironment(
  'ECHO_URL',
  defaultValue: 'ws://localhost:8080',
);

void main() =>
    runApp(const MaterialApp(title: 'rust_web_socket', home: EchoPage()));

/// Connects, listens, sends and closes.
class EchoPage extends StatefulWidget {
  const EchoPage({super.key});

  @override
  State<EchoPage> createState() => _EchoPageState();
}

class _EchoPageState extends State<EchoPage> {
  final _text = TextEditingController();
  final _channel = RustWebSocketChannel.connect(_echoUrl);

  @override
  Widget build(BuildContext context) => Scaffold(
    appBar: AppBar(title: const Text('WebSocket(内容回显)')),
    body: Padding(
      padding: const EdgeInsets.all(20),
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          TextFormField(
            controller: _text,
            decoration: const InputDecoration(labelText: 'Send a message'),
          ),
          StreamBuilder<dynamic>(
            stream: _channel.stream,
            builder: (context, snapshot) => Padding(
              padding: const EdgeInsets.symmetric(vertical: 24),
              child: Text(_describe(snapshot)),
            ),
          ),
        ],
      ),
    ),
    floatingActionButton: FloatingActionButton(
      onPressed: _send,
      tooltip: 'Send message',
      child: const Icon(Icons.send),
    ),
  );

  /// The opcode of the frame decides what a message is.
  String _describe(AsyncSnapshot<dynamic> snapshot) {
    if (snapshot.hasError) return '网络不通...';
    return switch (snapshot.data) {
      null => '',
      final List<int> bytes => 'echo: ${bytes.length} bytes',
      final text => 'echo: $text',
    };
  }

  void _send() {
    if (_text.text.isNotEmpty) _channel.sink.add(_text.text);
  }

  @override
  void dispose() {
    _channel.sink.close();
    _text.dispose();
    super.dispose();
  }
}
