/// What Rust is asked to connect to: a [ConnectionRequest] and its options as
/// the generated types.
library;

import 'dart:math';
import 'dart:typed_data';

import '../connection/request.dart';
import '../inspector/inspector.dart';
import '../options/deflate_options.dart';
import '../options/proxy_options.dart';
import '../options/tls_options.dart';
import '../rust/api/connection.dart' as rust;

/// Converts a request, whose values were checked.
extension RustRequest on ConnectionRequest {
  /// What Rust is asked for.
  rust.ConnectRequest toRust() => rust.ConnectRequest(
    url: url.toString(),
    protocols: protocols,
    headers: [
      for (final field in headers)
        rust.HeaderField(name: field.name, value: field.value),
    ],
    delay: delay > Duration.zero ? toMilliseconds(delay) : null,
    connectTimeout: toMilliseconds(connectTimeout),
    closeTimeout: toMilliseconds(options.closeTimeout),
    deliverWhileClosing: deliversWhileClosing,
    pingInterval: toMilliseconds(pingInterval),
    maxPingInterval: toMilliseconds(options.maxPingInterval),
    pongTimeout: toMilliseconds(options.pongTimeout),
    idleTimeout: toMilliseconds(options.idleTimeout),
    tcpKeepAlive: toMilliseconds(options.tcpKeepAlive),
    tcpUserTimeout: toMilliseconds(options.tcpUserTimeout),
    maxMessageSize: options.maxMessageSize,
    maxFrameSize: options.maxFrameSize,
    maxBufferedAmount: options.maxBufferedAmount,
    receiveProgressStep: options.receiveProgressStep,
    textAsBytes: options.textAsBytes,
    maxRedirects: options.maxRedirects,
    compression: compression.toRust(),
    maxHeaderSize: options.maxHeaderSize,
    tls: options.tls.toRust(),
    proxy: options.proxy.toRust(),
    address: switch (options.address) {
      null => null,
      final address => rust.AddressRequest(
        host: address.host,
        port: address.port,
      ),
    },
    record: Inspector.isAvailable,
  );
}

/// Converts a duration. Rounded up, so that only no time is 0. At most 49 days.
int? toMilliseconds(Duration? duration) => switch (duration) {
  null => null,
  // A larger sum could overflow.
  _ when duration.inMilliseconds >= 0xffffffff => 0xffffffff,
  _ => max(0, (duration.inMicroseconds + 999) ~/ 1000),
};

extension on DeflateOptions {
  rust.CompressionRequest? toRust() => isOffered
      ? rust.CompressionRequest(
          level: level,
          threshold: threshold,
          serverNoContextTakeover: serverNoContextTakeover,
          clientNoContextTakeover: clientNoContextTakeover,
          serverMaxWindowBits: serverMaxWindowBits,
          clientMaxWindowBits: clientMaxWindowBits,
        )
      : null;
}

extension on ProxyOptions {
  rust.ProxyRequest toRust() => switch (this) {
    NoProxy() => const rust.ProxyRequest(
      noProxy: [],
      fromEnvironment: false,
      fromSystem: false,
    ),
    ProxyUrl(:final url, :final noProxy) => rust.ProxyRequest(
      url: url,
      noProxy: noProxy,
      fromEnvironment: false,
      fromSystem: false,
    ),
    ProxyFromEnvironment() => const rust.ProxyRequest(
      noProxy: [],
      fromEnvironment: true,
      fromSystem: false,
    ),
    ProxyFromSystem() => const rust.ProxyRequest(
      noProxy: [],
      fromEnvironment: false,
      fromSystem: true,
    ),
  };
}

extension on TlsOptions {
  rust.TlsRequest toRust() => rust.TlsRequest(
    roots: [for (final root in roots) Uint8List.fromList(root)],
    userRoots: userRoots,
    onlyTheseRoots: onlyTheseRoots,
    revocationLists: [
      for (final list in revocationLists) Uint8List.fromList(list),
    ],
    verifier: switch (verifier) {
      CertificateVerifier.automatic => rust.Verifier.automatic,
      CertificateVerifier.library => rust.Verifier.library_,
      CertificateVerifier.platform => rust.Verifier.platform,
    },
    identity: switch (identity) {
      null => null,
      final identity => rust.TlsIdentity(
        certificates: Uint8List.fromList(identity.certificates),
        privateKey: Uint8List.fromList(identity.privateKey),
      ),
    },
    pins: [for (final pin in pins) Uint8List.fromList(pin)],
    serverName: serverName,
    dangerouslyAcceptAnyCertificate: dangerouslyAcceptAnyCertificate,
  );
}
