// Generated code may use the runtime's internal members, and ignores this too.
// ignore_for_file: invalid_use_of_internal_member

import 'package:flutter_rust_bridge/flutter_rust_bridge_for_generated_io.dart';

/// Another plugin's bridge, in the shape of generated code: it has one
/// function, and its generator had another version than the runtime. Its
/// library is a copy of this package's in another file, which the system loads
/// separately.
final class OtherLibrary
    extends BaseEntrypoint<OtherApi, OtherApiImpl, OtherWire> {
  OtherLibrary._();

  static final instance = OtherLibrary._();

  static Future<void> load(String path) => instance.initImpl(
    externalLibrary: ExternalLibrary.open(path),
    forceSameCodegenVersion: false,
  );

  static Future<void> loadStrictly(String path) =>
      instance.initImpl(externalLibrary: ExternalLibrary.open(path));

  /// The library's open connections.
  static int liveConnections() => instance.api.liveConnections();

  @override
  ApiImplConstructor<OtherApiImpl, OtherWire> get apiImplConstructor =>
      OtherApiImpl.new;

  @override
  WireConstructor<OtherWire> get wireConstructor =>
      OtherWire.fromExternalLibrary;

  @override
  ExternalLibraryLoaderConfig get defaultExternalLibraryLoaderConfig =>
      const ExternalLibraryLoaderConfig(
        stem: 'other',
        ioDirectory: null,
        webPrefix: null,
      );

  @override
  String get codegenVersion => '2.0.0';

  @override
  int get rustContentHash => contentHash;

  /// That of the copied library.
  static int contentHash = 0;

  @override
  Future<void> executeRustInitializers() async {}
}

abstract class OtherApi extends BaseApi {
  int liveConnections();
}

final class OtherWire implements BaseWire {
  OtherWire.fromExternalLibrary(ExternalLibrary _);
}

final class OtherApiImpl extends BaseApiImpl<OtherWire> implements OtherApi {
  OtherApiImpl({
    required super.handler,
    required super.wire,
    required super.generalizedFrbRustBinding,
    required super.portManager,
  });

  @override
  int liveConnections() => handler.executeSync(
    SyncTask(
      callFfi: () => pdeCallFfi(
        generalizedFrbRustBinding,
        SseSerializer(generalizedFrbRustBinding),
        funcId: 6,
      )!,
      codec: SseCodec(
        decodeSuccessData: (deserializer) => deserializer.buffer.getUint32(),
        decodeErrorData: null,
      ),
      constMeta: const TaskConstMeta(
        debugName: 'live_connections',
        argNames: [],
      ),
      argValues: const [],
      apiImpl: this,
    ),
  );
}
