/// A target of Rust's compiler that the native library is built for.
/// `rust/bridge/rust-toolchain.toml` lists the same targets.
enum RustTarget {
  /// Android on 64-bit ARM.
  aarch64Android('aarch64-linux-android', 'librust_web_socket.so'),

  /// Android on 32-bit ARM.
  armv7Android('armv7-linux-androideabi', 'librust_web_socket.so'),

  /// Android on 64-bit x86: emulators.
  x64Android('x86_64-linux-android', 'librust_web_socket.so'),

  /// iOS devices.
  aarch64Ios('aarch64-apple-ios', 'librust_web_socket.dylib'),

  /// The simulator of iOS on 64-bit ARM.
  aarch64IosSimulator('aarch64-apple-ios-sim', 'librust_web_socket.dylib'),

  /// The simulator of iOS on 64-bit x86.
  x64IosSimulator('x86_64-apple-ios', 'librust_web_socket.dylib'),

  /// macOS on 64-bit ARM.
  aarch64Macos('aarch64-apple-darwin', 'librust_web_socket.dylib'),

  /// macOS on 64-bit x86.
  x64Macos('x86_64-apple-darwin', 'librust_web_socket.dylib'),

  /// Linux on 64-bit ARM.
  aarch64Linux('aarch64-unknown-linux-gnu', 'librust_web_socket.so'),

  /// Linux on 64-bit x86.
  x64Linux('x86_64-unknown-linux-gnu', 'librust_web_socket.so'),

  /// Windows on 64-bit ARM.
  aarch64Windows('aarch64-pc-windows-msvc', 'rust_web_socket.dll'),

  /// Windows on 64-bit x86.
  x64Windows('x86_64-pc-windows-msvc', 'rust_web_socket.dll');

  /// Creates the target [triple], whose library is a file [libraryName].
  const RustTarget(this.triple, this.libraryName);

  /// Its name in rustc and rustup.
  final String triple;

  /// The name of the library's file.
  final String libraryName;

  /// The target of an app on [os] and [architecture], by the names of
  /// `package:code_assets`; null if there is none.
  static RustTarget? of({
    required String os,
    required String architecture,
    bool isSimulator = false,
  }) => switch ((os, architecture)) {
    ('android', 'arm64') => aarch64Android,
    ('android', 'arm') => armv7Android,
    ('android', 'x64') => x64Android,
    ('ios', 'arm64') => isSimulator ? aarch64IosSimulator : aarch64Ios,
    ('ios', 'x64') => x64IosSimulator,
    ('macos', 'arm64') => aarch64Macos,
    ('macos', 'x64') => x64Macos,
    ('linux', 'arm64') => aarch64Linux,
    ('linux', 'x64') => x64Linux,
    ('windows', 'arm64') => aarch64Windows,
    ('windows', 'x64') => x64Windows,
    _ => null,
  };
}
