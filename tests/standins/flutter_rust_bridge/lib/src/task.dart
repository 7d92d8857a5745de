import 'binding.dart';
import 'codec.dart';
import 'entrypoint.dart';
import 'exceptions.dart';

/// One synchronous call, as generated code describes it.
class SyncTask<S, E extends Object, WireSyncType> {
  const SyncTask({
    required this.callFfi,
    required this.codec,
    required this.constMeta,
    required this.argValues,
    required this.apiImpl,
  });

  final WireSyncType Function() callFfi;
  final SseCodec<S, E> codec;
  final TaskConstMeta constMeta;
  final List<dynamic> argValues;
  final BaseApiImpl apiImpl;
}

/// Names of a call and of its arguments, for handlers that log.
class TaskConstMeta {
  const TaskConstMeta({required this.debugName, required this.argNames});

  final String debugName;
  final List<String> argNames;
}

/// Runs calls.
class BaseHandler {
  S executeSync<S, E extends Object, WireSyncType>(
    SyncTask<S, E, WireSyncType> task,
  ) {
    final WireSyncRust2DartSse reply;
    try {
      reply = task.callFfi() as WireSyncRust2DartSse;
    } on FrbException {
      rethrow;
    } catch (error, stackTrace) {
      throw PanicException('EXECUTE_SYNC_ABORT $error $stackTrace');
    }
    try {
      return task.codec.decodeWireSyncType(reply);
    } finally {
      task.apiImpl.generalizedFrbRustBinding.freeWireSyncRust2DartSse(reply);
    }
  }
}
