import 'dart:async';

import 'package:flutter/material.dart';
import 'package:flutter/services.dart';

import 'demo_notifier.dart';
import 'echo_url.dart';
import 'failure_panel.dart';
import 'localizations.dart';
import 'logic/demo_connection.dart';
import 'logic/demo_model.dart';
import 'logic/message_log.dart';
import 'logic/texts.dart';

/// A page with one connection and all its controls.
class DemoPage extends StatefulWidget {
  const DemoPage({required this.connector, required this.language, super.key});

  /// Makes the connections.
  final DemoConnector connector;

  /// The button that changes the language.
  final Widget language;

  @override
  State<DemoPage> createState() => _DemoPageState();
}

class _DemoPageState extends State<DemoPage> {
  late final _notifier = DemoNotifier(widget.connector);
  final _address = TextEditingController(text: echoUrl);
  final _message = TextEditingController();
  final _reason = TextEditingController();
  int? _closeCode = 1000;
  Timer? _flood;
  late final AppLifecycleListener _lifecycle;

  DemoModel get _model => _notifier.model;

  @override
  void initState() {
    super.initState();
    // onRestart ends what onPause began. onResume also follows a mere loss of
    // the focus.
    _lifecycle = AppLifecycleListener(
      onPause: () => _model.isSuspended = true,
      onRestart: () => _model.isSuspended = false,
    );
  }

  @override
  void dispose() {
    _lifecycle.dispose();
    _flood?.cancel();
    _notifier.dispose();
    _address.dispose();
    _message.dispose();
    _reason.dispose();
    super.dispose();
  }

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    return Scaffold(
      appBar: AppBar(title: Text(texts.demo), actions: [widget.language]),
      body: ListenableBuilder(
        listenable: _notifier,
        builder: (context, _) => CustomScrollView(
          slivers: [
            SliverPadding(
              padding: const EdgeInsets.all(16),
              sliver: SliverList.list(
                children: [
                  _connecting(texts),
                  _StateText(_model),
                  if (_model.failure case final failure?)
                    FailurePanel(
                      failure: failure,
                      onRetry: _model.canTryAgain ? _model.tryAgain : null,
                    ),
                  _sending(texts),
                  _toggles(texts),
                  _Figures(_model),
                  if (_model.lastBinary case final bytes?)
                    _Picture(bytes, texts),
                ],
              ),
            ),
            // All have the height of the prototype, so that only visible
            // messages are laid out.
            SliverPrototypeExtentList.builder(
              prototypeItem: const _Message(isSent: true, text: '', size: 0),
              itemCount: _model.log.length,
              itemBuilder: (context, index) {
                final LogEntry(:isSent, :preview, :size) = _model.log[index];
                return _Message(isSent: isSent, text: preview, size: size);
              },
            ),
          ],
        ),
      ),
    );
  }

  Widget _connecting(Texts texts) => Column(
    children: [
      TextField(
        controller: _address,
        keyboardType: TextInputType.url,
        autocorrect: false,
        enabled: _model.canConnect,
        decoration: InputDecoration(labelText: texts.serverAddress),
        onSubmitted: _model.connect,
      ),
      const SizedBox(height: 8),
      if (_model.canConnect)
        Align(
          alignment: AlignmentDirectional.centerEnd,
          child: FilledButton(
            onPressed: () => _model.connect(_address.text),
            child: Text(texts.connect),
          ),
        )
      else
        Wrap(
          spacing: 12,
          runSpacing: 8,
          crossAxisAlignment: WrapCrossAlignment.center,
          children: [
            DropdownMenu<int?>(
              label: Text(texts.closeCode),
              width: 140,
              initialSelection: _closeCode,
              onSelected: (code) => setState(() => _closeCode = code),
              dropdownMenuEntries: [
                for (final code in const [null, 1000, 1001, 3000, 4000])
                  DropdownMenuEntry(
                    value: code,
                    label: code == null ? texts.noCloseCode : '$code',
                  ),
              ],
            ),
            SizedBox(
              width: 200,
              child: TextField(
                controller: _reason,
                enabled: _closeCode != null,
                // At most 123 bytes of UTF-8 (RFC 6455 section 5.5).
                maxLength: 40,
                decoration: InputDecoration(
                  labelText: texts.closeReason,
                  counterText: '',
                ),
              ),
            ),
            OutlinedButton(
              onPressed: _model.state is DemoClosing
                  ? null
                  : () => _model.close(
                      _closeCode,
                      _closeCode == null ? null : _reason.text,
                    ),
              child: Text(texts.close),
            ),
          ],
        ),
    ],
  );

  Widget _sending(Texts texts) => Column(
    children: [
      Row(
        children: [
          Expanded(
            child: TextField(
              controller: _message,
              enabled: _model.isOpen,
              decoration: InputDecoration(labelText: texts.sendMessage),
              onSubmitted: (_) => _send(),
            ),
          ),
          IconButton.filled(
            onPressed: _model.isOpen ? _send : null,
            tooltip: texts.send,
            icon: const Icon(Icons.send),
          ),
        ],
      ),
      const SizedBox(height: 8),
      Wrap(
        spacing: 8,
        runSpacing: 4,
        children: [
          ActionChip(
            avatar: const Icon(Icons.image_outlined),
            label: Text(texts.sendPicture),
            onPressed: _model.isOpen ? _sendPicture : null,
          ),
          FilterChip(
            label: Text(texts.flood),
            selected: _flood != null,
            onSelected: _model.isOpen || _flood != null ? _setFlood : null,
          ),
          ActionChip(
            avatar: Icon(_model.isPaused ? Icons.play_arrow : Icons.pause),
            label: Text(_model.isPaused ? texts.resume : texts.pause),
            onPressed: _model.isOpen
                ? (_model.isPaused ? _model.resume : _model.pause)
                : null,
          ),
          if (_model.reconnects) ...[
            FilterChip(
              label: Text(texts.suspended),
              selected: _model.isSuspended,
              onSelected: (value) => _model.isSuspended = value,
            ),
            ActionChip(
              avatar: const Icon(Icons.autorenew),
              label: Text(texts.reconnectNow),
              onPressed: _model.reconnectNow,
            ),
          ],
          ActionChip(
            avatar: const Icon(Icons.clear_all),
            label: Text(texts.clear),
            onPressed: _model.clearLog,
          ),
        ],
      ),
    ],
  );

  Widget _toggles(Texts texts) {
    final options = _model.options;
    return Tooltip(
      message: texts.appliesToNextConnect,
      child: Wrap(
        spacing: 8,
        runSpacing: 4,
        children: [
          FilterChip(
            label: Text(texts.pings),
            selected: options.pings,
            onSelected: (value) =>
                _model.options = options.copyWith(pings: value),
          ),
          FilterChip(
            label: Text(texts.compression),
            selected: options.compression,
            onSelected: (value) =>
                _model.options = options.copyWith(compression: value),
          ),
          FilterChip(
            label: Text(texts.reconnect),
            selected: options.reconnect,
            onSelected: (value) =>
                _model.options = options.copyWith(reconnect: value),
          ),
        ],
      ),
    );
  }

  void _send() {
    if (_message.text.isEmpty) return;
    _model.send(_message.text);
    _message.clear();
  }

  Future<void> _sendPicture() async {
    final data = await rootBundle.load('assets/picture.png');
    _model.send(Uint8List.sublistView(data));
  }

  void _setFlood(bool isOn) {
    setState(() {
      _flood?.cancel();
      _flood = isOn
          ? Timer.periodic(const Duration(milliseconds: 10), (_) {
              _model.sendBurst(10);
              if (!_model.isOpen) _setFlood(false);
            })
          : null;
    });
  }
}

/// The state of the connection.
class _StateText extends StatelessWidget {
  const _StateText(this.model);

  final DemoModel model;

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    final (icon, text) = switch (model.state) {
      DemoIdle() || DemoFailed() => (Icons.link_off, texts.notConnected),
      DemoConnecting() => (Icons.sync, texts.connecting),
      DemoWaiting(:final delay) => (
        Icons.hourglass_empty,
        '${texts.waiting} ${(delay.inMilliseconds / 1000).toStringAsFixed(1)} s',
      ),
      DemoSuspended() => (Icons.bedtime_outlined, texts.suspended),
      DemoOpen() => (
        Icons.link,
        model.isPaused
            ? '${texts.connected}, ${texts.paused}'
            : texts.connected,
      ),
      DemoClosing() => (Icons.sync, texts.closing),
      DemoClosed(info: null) => (Icons.link_off, texts.closed),
      DemoClosed(:final info?) => (
        Icons.link_off,
        [
          '${texts.closed}: ${info.code}',
          if (info.reason.isNotEmpty) info.reason,
          info.isClean ? texts.closedCleanly : texts.closedUncleanly,
        ].join(', '),
      ),
    };
    return Padding(
      padding: const EdgeInsets.symmetric(vertical: 8),
      child: Row(
        children: [
          Icon(icon),
          const SizedBox(width: 8),
          Expanded(
            // Screen readers announce a change.
            child: Semantics(
              liveRegion: true,
              child: Text(text, style: Theme.of(context).textTheme.titleMedium),
            ),
          ),
        ],
      ),
    );
  }
}

/// The statistics of the connection.
class _Figures extends StatelessWidget {
  const _Figures(this.model);

  final DemoModel model;

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    String count(int messages, int bytes) => '$messages · ${_shortened(bytes)}';
    final ratio = model.compressionRatio;
    final roundTrip = model.roundTrip;
    return Padding(
      padding: const EdgeInsets.symmetric(vertical: 12),
      child: Wrap(
        spacing: 24,
        runSpacing: 8,
        children: [
          for (final (label, value) in [
            (texts.sent, count(model.sentMessages, model.sentBytes)),
            (
              texts.received,
              count(model.receivedMessages, model.receivedBytes),
            ),
            (
              texts.messagesPerSecond,
              model.messagesPerSecond.toStringAsFixed(0),
            ),
            (
              texts.roundTrip,
              roundTrip == null
                  ? '–'
                  : '${(roundTrip.inMicroseconds / 1000).toStringAsFixed(2)} ms',
            ),
            (texts.waitingToBeSent, _shortened(model.bufferedAmount)),
            (
              texts.compressionRatio,
              ratio == null ? '–' : '${ratio.toStringAsFixed(1)} : 1',
            ),
          ])
            MergeSemantics(
              child: Column(
                crossAxisAlignment: CrossAxisAlignment.start,
                children: [
                  Text(label, style: Theme.of(context).textTheme.labelSmall),
                  Text(value, style: Theme.of(context).textTheme.titleSmall),
                ],
              ),
            ),
        ],
      ),
    );
  }

  static String _shortened(int bytes) => switch (bytes) {
    < 10000 => '$bytes B',
    < 10000000 => '${(bytes / 1e3).toStringAsFixed(1)} kB',
    _ => '${(bytes / 1e6).toStringAsFixed(1)} MB',
  };
}

/// The last binary message, shown as a picture if it is one.
class _Picture extends StatelessWidget {
  const _Picture(this.bytes, this.texts);

  final Uint8List bytes;
  final Texts texts;

  @override
  Widget build(BuildContext context) => Column(
    crossAxisAlignment: CrossAxisAlignment.start,
    children: [
      Text('${texts.echoedPicture} (${bytes.length} ${texts.bytes})'),
      const SizedBox(height: 4),
      Image.memory(
        bytes,
        height: 120,
        gaplessPlayback: true,
        semanticLabel: texts.echoedPicture,
        errorBuilder: (context, error, trace) => Text(texts.noPicture),
      ),
    ],
  );
}

/// A row of the message list.
class _Message extends StatelessWidget {
  const _Message({
    required this.isSent,
    required this.text,
    required this.size,
  });

  final bool isSent;
  final String text;

  /// Characters of text, or bytes.
  final int size;

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    return MergeSemantics(
      child: Padding(
        padding: const EdgeInsets.symmetric(horizontal: 16, vertical: 4),
        child: Row(
          children: [
            Icon(
              isSent ? Icons.north_east : Icons.south_west,
              size: 14,
              semanticLabel: isSent ? texts.sent : texts.received,
            ),
            const SizedBox(width: 8),
            Expanded(
              child: Text(text, maxLines: 1, overflow: TextOverflow.ellipsis),
            ),
            Text('$size', style: Theme.of(context).textTheme.labelSmall),
          ],
        ),
      ),
    );
  }
}
