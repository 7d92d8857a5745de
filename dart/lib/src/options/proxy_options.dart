/// What is between this device and the server. Ignored in a browser, which has
/// settings of its own.
///
/// On iOS a VPN that only Apple's own network stack knows of is not used.
sealed class ProxyOptions {
  const ProxyOptions._();

  /// No proxy. The default.
  const factory ProxyOptions.none() = NoProxy;

  /// The proxy at [url]: `http://` (CONNECT, RFC 9110 section 9.3.6),
  /// `socks5://` (RFC 1928; the name is looked up here) or `socks5h://` (the
  /// proxy looks it up), with `user:password@` where it asks for them.
  ///
  /// What matches one of [noProxy] is connected to without it: a name (and what
  /// is under it), an IP address, a range like `10.0.0.0/8`, or `*`, each
  /// perhaps with `:port`.
  const factory ProxyOptions.url(String url, {List<String> noProxy}) = ProxyUrl;

  /// What the environment says: `http_proxy` for ws, `https_proxy` for wss, else
  /// `all_proxy`, and `no_proxy`, in lower case or capitals.
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

  /// Where the proxy is, and with which credentials.
  final String url;

  /// What is connected to without it.
  final List<String> noProxy;
}

/// See [ProxyOptions.fromEnvironment].
final class ProxyFromEnvironment extends ProxyOptions {
  /// The environment's proxy.
  const ProxyFromEnvironment() : super._();
}

/// Where to connect instead of the host that the URL names, which the server
/// still is asked for and whose certificate it must have: for names that were
/// looked up in another way, and for tests. Ignored in a browser.
final class ConnectAddress {
  /// A name or an IP address, with the URL's port unless [port] is given.
  const ConnectAddress(this.host, {this.port});

  /// A name, or an IP address, for IPv6 perhaps with `%zone`.
  final String host;

  /// The port; the URL's if null.
  final int? port;
}
