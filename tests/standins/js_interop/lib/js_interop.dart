/// Stand-in for dart:js_interop, which the Dart VM does not have: JavaScript's
/// values are Dart's own.
///
/// No program can import it under its real name, so tests of the web replace
/// that.
library;

import 'dart:typed_data';

extension type JSAny._(Object _) implements Object {}

extension type JSObject._(Object _) implements JSAny {}

extension type JSFunction._(Function _) implements JSObject {}

extension type JSExportedDartFunction._(Function _) implements JSFunction {}

extension type JSString._(String _) implements JSAny {}

extension type JSArray<T extends JSAny?>._(List<T> _) implements JSObject {}

extension type JSArrayBuffer._(ByteBuffer _) implements JSObject {}

extension type JSUint8Array._(Uint8List _) implements JSObject {}

extension JSAnyUtilityExtension on JSAny? {
  bool isA<T extends JSAny?>() => this is T;
}

extension StringToJSString on String {
  JSString get toJS => JSString._(this);
}

extension JSStringToString on JSString {
  String get toDart => this as String;
}

extension ListToJSArray<T extends JSAny?> on List<T> {
  JSArray<T> get toJS => JSArray<T>._(this);
}

extension JSArrayBufferToByteBuffer on JSArrayBuffer {
  ByteBuffer get toDart => this as ByteBuffer;
}

extension Uint8ListToJSUint8Array on Uint8List {
  JSUint8Array get toJS => JSUint8Array._(this);
}

extension FunctionToJSExportedDartFunction on Function {
  JSExportedDartFunction get toJS => JSExportedDartFunction._(this);
}
