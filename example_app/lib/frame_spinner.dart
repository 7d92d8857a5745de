import 'package:flutter/material.dart';
import 'package:flutter/scheduler.dart';

/// A circle that turns with each frame of this isolate, and the number of
/// frames in the last second.
class FrameSpinner extends StatefulWidget {
  const FrameSpinner({super.key});

  @override
  State<FrameSpinner> createState() => _FrameSpinnerState();
}

class _FrameSpinnerState extends State<FrameSpinner>
    with SingleTickerProviderStateMixin {
  late final Ticker _ticker = createTicker(_onFrame);
  Duration _since = Duration.zero;
  int _frames = 0;
  int _perSecond = 0;

  @override
  void initState() {
    super.initState();
    _ticker.start();
  }

  @override
  void dispose() {
    _ticker.dispose();
    super.dispose();
  }

  void _onFrame(Duration elapsed) {
    _frames++;
    if (elapsed - _since < const Duration(seconds: 1)) return;
    setState(() {
      _perSecond = _frames;
      _frames = 0;
      _since = elapsed;
    });
  }

  @override
  Widget build(BuildContext context) => Row(
    mainAxisSize: MainAxisSize.min,
    children: [
      const SizedBox.square(dimension: 32, child: CircularProgressIndicator()),
      const SizedBox(width: 12),
      Text('$_perSecond fps'),
    ],
  );
}
