import 'dart:async';

import '../stream_channel.dart';

/// Two channels that are connected: [local] for the owner, [foreign] for others.
class StreamChannelController<T> {
  factory StreamChannelController({
    bool allowForeignErrors = true,
    bool sync = false,
  }) {
    final incoming = StreamController<T>(sync: sync);
    final outgoing = StreamController<T>(sync: sync);
    return StreamChannelController._(
      StreamChannel.withGuarantees(outgoing.stream, incoming),
      StreamChannel.withGuarantees(
        incoming.stream,
        outgoing,
        allowSinkErrors: allowForeignErrors,
      ),
    );
  }

  StreamChannelController._(this.local, this.foreign);

  final StreamChannel<T> local;
  final StreamChannel<T> foreign;
}
