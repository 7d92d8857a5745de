import 'package:flutter/foundation.dart';
import 'package:flutter/scheduler.dart';

import 'logic/demo_connection.dart';
import 'logic/demo_model.dart';

/// Notifies widgets of the model's changes, at most once per frame.
class DemoNotifier extends ChangeNotifier {
  DemoNotifier(DemoConnector connector) {
    model = DemoModel(
      connector: connector,
      schedule: (callback) =>
          SchedulerBinding.instance.scheduleFrameCallback((_) => callback()),
      onChanged: notifyListeners,
    );
  }

  late final DemoModel model;

  @override
  void dispose() {
    model.dispose();
    super.dispose();
  }
}
