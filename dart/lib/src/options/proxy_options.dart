/// The proxy between this device and the server. Ignored in a browser, which
/// uses its own settings.
///
/// On iOS a VPN that is available only to Apple's network stack is not used.
sealed class ProxyOptions {
  const ProxyOptions._();

  /// No proxy. The default.
  const factory ProxyOptions.none() = NoProxy;

  /// The proxy at [url]: `http://` (CONNECT, RFC 9110 section 9.3.6),
  /// `socks5://` (RFC 1928; this device looks up the name) or `socks5h://` (the
  /// proxy looks up the name), with `user:password@` if the proxy requires
  /// credentials.
  ///
  /// Hosts that match one of [noProxy] are connected to directly. An entry is a
  /// domain (including its subdomains), an IP address, a range like
  /// `10.0.0.0/8`, or `*`; each may have a `:port`.
  const factory ProxyOptions.url(String url, {List<String> noProxy}) = ProxyUrl;

  /// The proxy from the environment: `http_proxy` for ws, `https_proxy` for
  /// wss, otherwise `all_proxy`; and `no_proxy`. Names are in lower or upper
  /// case.
  const factory ProxyOptions.fromEnvironment() = ProxyFromEnvironment;
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
