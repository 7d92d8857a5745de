import 'dart:ffi';

import 'external_library.dart';

/// Id of a native port.
typedef NativePortType = int;

/// How an `i64` looks in Dart.
typedef PlatformInt64 = int;

/// The bytes that a synchronous call returns; Rust owns them.
final class WireSyncRust2DartSse extends Struct {
  external Pointer<Uint8> ptr;

  @Int32()
  external int len;
}

/// The C functions that every library with generated code exports.
class GeneralizedFrbRustBinding {
  GeneralizedFrbRustBinding(ExternalLibrary library)
    : _library = library.ffiDynamicLibrary;

  final DynamicLibrary _library;

  // Told when the isolate group shuts down, so that Rust posts no more.
  static _ShutdownWatcher? _watcher;

  late final int Function() getRustContentHash = _library
      .lookupFunction<Int32 Function(), int Function()>(
        'frb_get_rust_content_hash',
      );

  late final Pointer<Uint8> Function(int) rustVecU8New = _library
      .lookupFunction<
        Pointer<Uint8> Function(Int32),
        Pointer<Uint8> Function(int)
      >('frb_rust_vec_u8_new');

  late final WireSyncRust2DartSse Function(int, Pointer<Uint8>, int, int)
  _dispatchSync = _library
      .lookupFunction<
        WireSyncRust2DartSse Function(Int32, Pointer<Uint8>, Int32, Int32),
        WireSyncRust2DartSse Function(int, Pointer<Uint8>, int, int)
      >('frb_pde_ffi_dispatcher_sync');

  late final void Function(WireSyncRust2DartSse) freeWireSyncRust2DartSse =
      _library.lookupFunction<
        Void Function(WireSyncRust2DartSse),
        void Function(WireSyncRust2DartSse)
      >('frb_free_wire_sync_rust2dart_sse');

  /// Calls function [funcId] with a `Vec<u8>` of [length] bytes, which it takes.
  WireSyncRust2DartSse pdeFfiDispatcherSync(
    int funcId,
    Pointer<Uint8> bytes,
    int length,
  ) => _dispatchSync(funcId, bytes, length, length);

  /// Hands Rust what it needs to talk to this VM.
  void connectToVm() {
    _library.lookupFunction<
      Void Function(Pointer<Void>),
      void Function(Pointer<Void>)
    >('store_dart_post_cobject')(NativeApi.postCObject.cast());
    _library.lookupFunction<
      IntPtr Function(Pointer<Void>),
      int Function(Pointer<Void>)
    >('frb_init_frb_dart_api_dl')(NativeApi.initializeApiDLData);
    _watcher ??= _ShutdownWatcher(
      _library.lookupFunction<
        Pointer<NativeFinalizerFunction> Function(),
        Pointer<NativeFinalizerFunction> Function()
      >('frb_create_shutdown_callback')(),
    );
  }
}

final class _ShutdownWatcher implements Finalizable {
  _ShutdownWatcher(Pointer<NativeFinalizerFunction> callback)
    : _finalizer = NativeFinalizer(callback) {
    _finalizer.attach(this, nullptr);
  }

  final NativeFinalizer _finalizer;
}
