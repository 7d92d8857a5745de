import 'dart:ffi';
import 'dart:io';

/// Where the library is that the package's build hook built for this program;
/// null if it was started without one.
///
/// In an app the system finds the library by its name, but `dart run`, `dart
/// test` and `flutter test` leave it where it was built, and only the VM knows
/// where that is. So it is asked for one function of the library, and the
/// system for the file that the function is in.
String? codeAssetPath() {
  final info = Struct.create<_LibraryInfo>();
  try {
    final function = Native.addressOf<NativeFunction<Uint32 Function()>>(
      _dataPathVersion,
    ).cast<Void>();
    // There a name stands for the library of that name that is loaded already,
    // which it now is.
    if (Platform.isWindows) return 'rust_web_socket.dll';
    if (dladdr(function, info.address) == 0) return null;
  } on ArgumentError {
    // There is no such asset, or the system has no `dladdr`.
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

/// POSIX, `dladdr`. Not private: Dart 3.7's compiler has a mistake there.
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
