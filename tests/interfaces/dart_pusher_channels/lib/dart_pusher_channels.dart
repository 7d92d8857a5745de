import 'dart:async';

abstract class PusherChannelsConnection {
  void connect({
    required void Function() onDoneCallback,
    required void Function(dynamic error, StackTrace trace) onErrorCallback,
    required void Function(String event) onEventCallback,
  });
  void sendEvent(String eventEncoded);
  void ping();
  FutureOr<void> close();
}

class PusherChannelsClient {
  external factory PusherChannelsClient.custom({
    required PusherChannelsConnection Function() connectionDelegate,
    required void Function(
      dynamic exception,
      StackTrace trace,
      void Function() refresh,
    )
    connectionErrorHandler,
  });
}
