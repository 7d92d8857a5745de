import 'dart:async';
import 'dart:math';

import 'package:flutter/material.dart';

import 'failure_panel.dart';
import 'frame_spinner.dart';
import 'localizations.dart';
import 'logic/benchmark.dart';
import 'logic/benchmark_client.dart';
import 'logic/benchmark_server.dart';
import 'logic/failure.dart';
import 'logic/texts.dart';

/// Measures dart:io's client and this package's in turn, on this device.
class BenchmarkPage extends StatefulWidget {
  const BenchmarkPage({required this.language, super.key});

  /// The button that changes the language.
  final Widget language;

  @override
  State<BenchmarkPage> createState() => _BenchmarkPageState();
}

class _BenchmarkPageState extends State<BenchmarkPage> {
  final List<BenchmarkResult> _results = [];
  Failure? _failure;
  StreamSubscription<BenchmarkResult>? _run;
  BenchmarkServer? _server;

  bool get _isRunning => _server != null;

  @override
  void dispose() {
    unawaited(_run?.cancel());
    _server?.stop();
    super.dispose();
  }

  Future<void> _start() async {
    setState(() {
      _results.clear();
      _failure = null;
    });
    try {
      final server = await BenchmarkServer.start();
      if (!mounted) return server.stop();
      setState(() => _server = server);
      _run = Benchmark([DartIoClient(), RustClient()], server.url).run().listen(
        (result) => setState(() => _results.add(result)),
        onError: _fail,
        onDone: _finish,
        cancelOnError: true,
      );
    } catch (error) {
      if (mounted) _fail(error);
    }
  }

  void _fail(Object error) {
    setState(() => _failure = Failure.of(error));
    _finish();
  }

  void _finish() => setState(() {
    _server?.stop();
    _server = null;
  });

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    return Scaffold(
      appBar: AppBar(title: Text(texts.benchmark), actions: [widget.language]),
      body: ListView(
        padding: const EdgeInsets.all(16),
        children: [
          Text(texts.benchmarkExplained),
          const SizedBox(height: 8),
          Text(texts.watchTheSpinner),
          const SizedBox(height: 16),
          Row(
            mainAxisAlignment: MainAxisAlignment.spaceBetween,
            children: [
              const FrameSpinner(),
              FilledButton(
                onPressed: _isRunning ? null : _start,
                child: Text(_isRunning ? texts.running : texts.runBenchmark),
              ),
            ],
          ),
          const SizedBox(height: 16),
          if (_failure case final failure?)
            FailurePanel(failure: failure, onRetry: _isRunning ? null : _start),
          for (final row in BenchmarkRow.values)
            _Row(row, [
              for (final result in _results)
                if (result.row == row) result,
            ], texts),
        ],
      ),
    );
  }
}

/// The results of one row, as bars.
class _Row extends StatelessWidget {
  const _Row(this.row, this.results, this.texts);

  final BenchmarkRow row;
  final List<BenchmarkResult> results;
  final Texts texts;

  @override
  Widget build(BuildContext context) {
    if (results.isEmpty) return const SizedBox.shrink();
    final theme = Theme.of(context);
    final largest = results.map((it) => it.value).reduce(max);
    return Padding(
      padding: const EdgeInsets.only(bottom: 20),
      child: Column(
        crossAxisAlignment: CrossAxisAlignment.start,
        children: [
          Text(_title, style: theme.textTheme.titleMedium),
          for (final result in results) ...[
            const SizedBox(height: 6),
            Text(
              '${result.client}: ${_rounded(result.value)} ${row.unit} · '
              '${texts.longestPause} '
              '${(result.longestPause.inMicroseconds / 1000).toStringAsFixed(1)}'
              ' ms',
              style: theme.textTheme.bodySmall,
            ),
            const SizedBox(height: 2),
            LinearProgressIndicator(
              value: largest > 0 ? result.value / largest : 0,
              minHeight: 10,
            ),
          ],
          if (_timesFaster case final times?)
            Padding(
              padding: const EdgeInsets.only(top: 6),
              child: Text(
                '${times.toStringAsFixed(times < 10 ? 2 : 1)} '
                '${texts.timesFaster}',
                style: theme.textTheme.labelLarge,
              ),
            ),
        ],
      ),
    );
  }

  String get _title => switch (row) {
    BenchmarkRow.roundTrip => texts.rowRoundTrip,
    BenchmarkRow.receiveText => texts.rowReceiveText,
    BenchmarkRow.receiveBinary => texts.rowReceiveBinary,
    BenchmarkRow.sendBinary => texts.rowSendBinary,
  };

  /// How many times faster the second client is than the first.
  double? get _timesFaster {
    if (results case [final first, final second]) {
      return row.isTime
          ? first.value / second.value
          : second.value / first.value;
    }
    return null;
  }

  static String _rounded(double value) =>
      value.toStringAsFixed(value < 100 ? 1 : 0);
}
