import 'dart:ffi';
import 'dart:io';

/// The path of the library that the package's build hook built for this
/// program; null if it was started without a hook.
///
/// In an app the system finds the library by its name. `dart run`, `dart test`
/// and `flutter test` leave it where it was built, which only the VM knows. So
/// this asks the VM for one function of the library, and the system for the
/// file that contains the function.
String? codeAssetPath() {
  final info = Struct.create<_LibraryInfo>();
  try {
    final function = Native.addressOf<NativeFunction<Uint32 Function()>>(
      _dataPathVersion,
    ).cast<Void>();
    // The library is loaded now, and Windows finds a loaded one by its name.
    if (Platform.isWindows) return 'rust_web_socket.dll';
    if (dladdr(function, info.address) == 0) return null;
  } on ArgumentError {
    // There is no asset, or the system has no `dladdr`.
    return null;
  }
  var length = 0;
  while (info.path[length] != 0) {
    length++;
  }
  return systemEncoding.decode(info.path.asTypedList(length));
}

/// The name of the asset is that of `hook/build.dart`.
@Native<Uint32 Function()>(
  symbol: 'rust_web_socket_data_path_version',
  assetId: 'package:rust_web_socket/src/rust/frb_generated.io.dart',
)
external int _dataPathVersion();

/// POSIX, `dladdr`. Not private, because of a bug in Dart 3.7's compiler.
@Native<Int Function(Pointer<Void>, Pointer<_LibraryInfo>)>(
  symbol: 'dladdr',
  isLeaf: true,
)
external int dladdr(Pointer<Void> address, Pointer<_LibraryInfo> info);

/// POSIX, `Dl_info`.
final class _LibraryInfo extends Struct {
  external Pointer<Uint8> path;
  external Pointer<Void> base;
  external Pointer<Uint8> symbol;
  external Pointer<Void> symbolAddress;
}
