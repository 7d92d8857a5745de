import 'package:rust_web_socket/src/hook/hook_exception.dart';
import 'package:rust_web_socket/src/hook/hook_options.dart';
import 'package:test/test.dart';

void main() {
  HookOptions read(Map<String, Object?> defines) => HookOptions.read(
    (key) => defines[key],
    (key) => switch (defines[key]) {
      final String path => Uri.parse('file:///app/pubspec.yaml').resolve(path),
      _ => null,
    },
  );

  Matcher failsWith(String part) => throwsA(
    isA<HookException>().having((it) => it.message, 'message', contains(part)),
  );

  test('without user_defines nothing is set', () {
    final options = read({});
    expect(options.fromSource, isFalse);
    expect(options.library, isNull);
    expect(options.libraryFolder, isNull);
  });

  test('paths are relative to the pubspec', () {
    expect(read({'from_source': true}).fromSource, isTrue);
    expect(
      read({'library': 'native/it.so'}).library,
      Uri.parse('file:///app/native/it.so'),
    );
    for (final path in ['libraries', 'libraries/']) {
      expect(
        read({'library_folder': path}).libraryFolder,
        Uri.parse('file:///app/libraries/'),
      );
    }
  });

  test('an invalid value is named', () {
    expect(() => read({'from_source': 'yes'}), failsWith('from_source is yes'));
    expect(() => read({'library': 3}), failsWith('library is 3'));
    expect(
      () => read({
        'library_folder': ['a'],
      }),
      failsWith('library_folder is [a]'),
    );
  });

  test('two options exclude each other', () {
    expect(
      () => read({'from_source': true, 'library': 'it.so'}),
      failsWith('from_source and library exclude each other'),
    );
    expect(
      () => read({'library': 'it.so', 'library_folder': 'libraries'}),
      failsWith('library and library_folder exclude each other'),
    );
    expect(read({'from_source': false, 'library': 'it.so'}).library, isNotNull);
  });
}
