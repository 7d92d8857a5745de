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

/// Measures with a server on this device, which ends with the stream.
Stream<BenchmarkResult> _measure() async* {
  final server = await BenchmarkServer.start();
  try {
    yield* Benchmark([DartIoClient(), RustClient()], server.url).run();
  } finally {
    server.stop();
  }
}

/// Measures dart:io's client and this package's in turn, on this device.
class BenchmarkPage extends StatefulWidget {
  const BenchmarkPage({
    required this.language,
    super.key,
    this.measure = _measure,
  });

  /// The button that changes the language.
  final Widget language;

  /// Starts a run.
  final Stream<BenchmarkResult> Function() measure;

  @override
  State<BenchmarkPage> createState() => _BenchmarkPageState();
}

class _BenchmarkPageState extends State<BenchmarkPage> {
  final List<BenchmarkResult> _results = [];
  Failure? _failure;
  StreamSubscription<BenchmarkResult>? _run;

  bool get _isRunning => _run != null;

  @override
  void dispose() {
    unawaited(_run?.cancel());
    super.dispose();
  }

  void _start() {
    // A second tap may come before the button is disabled.
    if (_isRunning) return;
    setState(() {
      _results.clear();
      _failure = null;
      _run = widget.measure().listen(
        (result) => setState(() => _results.add(result)),
        onError: (Object error) => setState(() => _failure = Failure.of(error)),
        onDone: () => setState(() => _run = null),
      );
    });
  }

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
          Wrap(
            alignment: WrapAlignment.spaceBetween,
            crossAxisAlignment: WrapCrossAlignment.center,
            spacing: 16,
            runSpacing: 8,
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
              semanticsLabel: result.client,
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
