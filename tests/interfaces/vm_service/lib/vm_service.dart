class VmService {
  external VmService(
    Stream<dynamic> inStream,
    void Function(String message) writeMessage, {
    Future<void> Function()? disposeHandler,
    Future<void>? streamClosed,
  });
}
