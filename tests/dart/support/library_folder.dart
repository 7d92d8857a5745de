import 'dart:io';

/// Deletes [folder]. Windows keeps a library that is loaded, and its folder.
void deleteLibraryFolder(Directory folder) {
  try {
    folder.deleteSync(recursive: true);
  } on FileSystemException {
    if (!Platform.isWindows) rethrow;
  }
}
