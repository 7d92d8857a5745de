enum TransferFormat {
  // ignore: constant_identifier_names
  Text,
  // ignore: constant_identifier_names
  Binary,
}

typedef OnReceive = void Function(Object? data);

typedef OnClose = void Function({Exception? error});

abstract class ITransport {
  Future<void> connect(String? url, TransferFormat transferFormat);
  Future<void> send(Object data);
  Future<void> stop();
  OnReceive? onReceive;
  OnClose? onClose;
}

class HttpConnectionOptions {
  external HttpConnectionOptions({Object? transport});
}

class HubConnection {}

class HubConnectionBuilder {
  external HubConnectionBuilder withUrl(
    String url, {
    HttpConnectionOptions? options,
  });
  external HubConnection build();
}
