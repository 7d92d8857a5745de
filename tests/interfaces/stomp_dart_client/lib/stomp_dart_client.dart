abstract interface class StompConfig {
  String get connectUrl;
  Duration get connectionTimeout;
  Duration? get pingInterval;
  Map<String, dynamic>? get webSocketConnectHeaders;
}
