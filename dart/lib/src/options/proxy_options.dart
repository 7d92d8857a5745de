/// The proxy between this device and the server. Ignored in a browser, which
/// uses its own settings.
///
/// On iOS a VPN that is available only to Apple's network stack is not used.
sealed class ProxyOptions {
  const ProxyOptions._();

  /// No proxy. The default.
  const factory ProxyOptions.none() = NoProxy;

  /// The proxy at [url]: `http://` (CONNECT, RFC 9110 section 9.3.6),
  /// `https://` (the same over TLS with the proxy), `socks5://` (RFC 1928; this
  /// device looks up the name) or `socks5h://` (the proxy looks up the name),
  /// with `user:password@` if the proxy requires credentials.
  ///
  /// The certificate of an `https://` proxy is always verified, with the roots
  /// and revocation lists of `TlsOptions`. The pins, the server name, the
  /// client's certificate and `dangerouslyAcceptAnyCertificate` are for the
  /// server only.
  ///
  /// Hosts that match one of [noProxy] are connected to directly. An entry is a
  /// domain (including its subdomains), an IP address, a range like
  /// `10.0.0.0/8`, or `*`; each may have a `:port`.
  const factory ProxyOptions.url(String url, {List<String> noProxy}) = ProxyUrl;

  /// The proxy from the environment: `http_proxy` for ws, `https_proxy` for
  /// wss, otherwise `all_proxy`; and `no_proxy`. Names are in lower or upper
  /// case.
  const factory ProxyOptions.fromEnvironment() = ProxyFromEnvironment;

  /// The proxy of the system's settings, which are read for each attempt to
  /// connect, off the isolate.
  ///
  /// The settings are
  ///
  /// - on Windows the user's;
  /// - on iOS and macOS those of the network in use;
  /// - on Android, from version 12 on, Java's system properties; before, no
  ///   proxy is used;
  /// - on Linux the environment, as with [ProxyOptions.fromEnvironment].
  ///
  /// Of several proxies the one for SOCKS is used, then the one for HTTPS, then
  /// the one for HTTP (RFC 6455 section 4.1). Hosts that the settings exclude
  /// are connected to directly. So are `localhost` and loopback addresses,
  /// unless `<-loopback>` on Windows or the environment on Linux says
  /// otherwise.
  ///
  /// A setting that names no valid proxy fails the connect with a
  /// `ProxyException`: a direct connection could reveal what the user wants to
  /// hide. Settings that can't be read name no proxy, and a warning is logged.
  /// PAC scripts are not run, which is logged too; Android runs them itself.
  /// Credentials are not part of the settings.
  const factory ProxyOptions.system() = ProxyFromSystem;
}

/// See [ProxyOptions.none].
final class NoProxy extends ProxyOptions {
  /// No proxy.
  const NoProxy() : super._();
}

/// See [ProxyOptions.url].
final class ProxyUrl extends ProxyOptions {
  /// The proxy at [url], but not for [noProxy].
  const ProxyUrl(this.url, {this.noProxy = const []}) : super._();

  /// The proxy's URL, which may contain credentials.
  final String url;

  /// The hosts to connect to directly.
  final List<String> noProxy;
}

/// See [ProxyOptions.fromEnvironment].
final class ProxyFromEnvironment extends ProxyOptions {
  /// The environment's proxy.
  const ProxyFromEnvironment() : super._();
}

/// See [ProxyOptions.system].
final class ProxyFromSystem extends ProxyOptions {
  /// The system's proxy.
  const ProxyFromSystem() : super._();
}

/// An address to connect to instead of the URL's host, for names that the app
/// looks up itself and for tests. The request and the verified certificate are
/// still those of the URL's host. Ignored in a browser.
final class ConnectAddress {
  /// A name or an IP address, with the URL's port unless [port] is given.
  const ConnectAddress(this.host, {this.port});

  /// A name or an IP address; an IPv6 address may have a `%zone`.
  final String host;

  /// The port; the URL's if null.
  final int? port;
}
