import 'dart:io';
import 'dart:typed_data';

/// dart:io's client, which also trusts [authority] if there is one.
HttpClient httpClient(Uint8List? authority) => HttpClient(
  context: authority == null
      ? null
      : (SecurityContext(withTrustedRoots: true)
          ..setTrustedCertificatesBytes(authority)),
);
