import 'failure.dart';

/// The app's texts in one language.
abstract interface class Texts {
  /// The texts in the language [languageCode], or in English.
  static Texts forLanguage(String languageCode) =>
      languageCode == 'zh' ? const ChineseTexts() : const EnglishTexts();

  String get languageCode;

  /// The name of the other language, in that language.
  String get otherLanguage;

  String get echo;
  String get echoTitle;
  String get demo;
  String get benchmark;
  String get tryAgain;

  String get serverAddress;
  String get connect;
  String get connecting;
  String get waiting;
  String get connected;
  String get closing;
  String get closed;
  String get notConnected;
  String get close;
  String get closeCode;
  String get noCloseCode;
  String get closeReason;
  String get closedCleanly;
  String get closedUncleanly;

  String get sendMessage;
  String get send;
  String get sendPicture;
  String get echoedPicture;
  String get noPicture;
  String get flood;
  String get pause;
  String get resume;
  String get paused;

  String get pings;
  String get compression;
  String get reconnect;
  String get appliesToNextConnect;
  String get suspended;
  String get reconnectNow;
  String get clear;

  String get roundTrip;
  String get sent;
  String get received;
  String get waitingToBeSent;
  String get compressionRatio;
  String get messagesPerSecond;
  String get bytes;

  String get runBenchmark;
  String get running;
  String get benchmarkExplained;
  String get watchTheSpinner;
  String get longestPause;
  String get timesFaster;
  String get rowRoundTrip;
  String get rowReceiveText;
  String get rowReceiveBinary;
  String get rowSendBinary;

  /// The headline of a failure.
  String headline(FailureKind kind);

  /// What a failure means, and what the user can do.
  String explanation(FailureKind kind);
}

/// English.
final class EnglishTexts implements Texts {
  const EnglishTexts();

  @override
  String get languageCode => 'en';
  @override
  String get otherLanguage => '中文';

  @override
  String get echo => 'Echo';
  @override
  String get echoTitle => 'WebSocket (echo)';
  @override
  String get demo => 'Demo';
  @override
  String get benchmark => 'Benchmark';
  @override
  String get tryAgain => 'Try again';

  @override
  String get serverAddress => 'Server address';
  @override
  String get connect => 'Connect';
  @override
  String get connecting => 'Connecting…';
  @override
  String get waiting => 'Waiting to connect again…';
  @override
  String get connected => 'Connected';
  @override
  String get closing => 'Closing…';
  @override
  String get closed => 'Closed';
  @override
  String get notConnected => 'Not connected';
  @override
  String get close => 'Close';
  @override
  String get closeCode => 'Code';
  @override
  String get noCloseCode => 'none';
  @override
  String get closeReason => 'Reason';
  @override
  String get closedCleanly => 'clean';
  @override
  String get closedUncleanly => 'not clean';

  @override
  String get sendMessage => 'Send a message';
  @override
  String get send => 'Send message';
  @override
  String get sendPicture => 'Send a picture';
  @override
  String get echoedPicture => 'The received picture';
  @override
  String get noPicture => 'These bytes are not a picture.';
  @override
  String get flood => '1,000 messages a second';
  @override
  String get pause => 'Pause';
  @override
  String get resume => 'Resume';
  @override
  String get paused => 'paused';

  @override
  String get pings => 'Pings every 5 s';
  @override
  String get compression => 'Compression';
  @override
  String get reconnect => 'Reconnect';
  @override
  String get appliesToNextConnect => 'Applies to the next connect';
  @override
  String get suspended => 'Suspended';
  @override
  String get reconnectNow => 'Reconnect now';
  @override
  String get clear => 'Clear';

  @override
  String get roundTrip => 'Round trip';
  @override
  String get sent => 'Sent';
  @override
  String get received => 'Received';
  @override
  String get waitingToBeSent => 'Waiting to be sent';
  @override
  String get compressionRatio => 'Compression';
  @override
  String get messagesPerSecond => 'messages/s';
  @override
  String get bytes => 'bytes';

  @override
  String get runBenchmark => 'Run';
  @override
  String get running => 'Running…';
  @override
  String get benchmarkExplained =>
      'Measures dart:io and rust_web_socket in turn, with a server in '
      'another isolate of this app.';
  @override
  String get watchTheSpinner =>
      'The circle turns on the isolate that receives the messages: when it '
      'stops, your user interface would stop too.';
  @override
  String get longestPause => 'longest pause';
  @override
  String get timesFaster => 'times faster';
  @override
  String get rowRoundTrip => 'Round trip, 16 B text';
  @override
  String get rowReceiveText => 'Receive 32 B text';
  @override
  String get rowReceiveBinary => 'Receive 64 KiB binary';
  @override
  String get rowSendBinary => 'Send 1 MiB binary';

  @override
  String headline(FailureKind kind) => switch (kind) {
    FailureKind.badAddress => 'The address is invalid',
    FailureKind.libraryMissing => 'The app is incomplete',
    FailureKind.connectionLost => 'The connection was lost',
    _ => 'No connection...',
  };

  @override
  String explanation(FailureKind kind) => switch (kind) {
    FailureKind.badAddress =>
      'A server address looks like ws://host:port or wss://host/path.',
    FailureKind.noSuchHost =>
      'No server has this name, or this device is offline.',
    FailureKind.connectionRefused =>
      'The host was reached, but no server is running on this port.',
    FailureKind.unreachable =>
      'The server is unreachable. Is the device online, and in the right '
          'network?',
    FailureKind.localNetwork =>
      'This app may not connect to the local network. Allow it in the '
          'settings of the device.',
    FailureKind.timedOut => 'The server did not answer in time.',
    FailureKind.certificateUntrusted =>
      "The server's certificate is not trusted.",
    FailureKind.certificateExpired =>
      "The server's certificate has expired, or the device's clock is wrong.",
    FailureKind.certificateNotYetValid =>
      "The server's certificate is not valid yet, or the device's clock is "
          'wrong.',
    FailureKind.certificateOfAnother =>
      'The certificate belongs to another server. The connection may be '
          'intercepted.',
    FailureKind.certificateRevoked => "The server's certificate was revoked.",
    FailureKind.noSecureConnection =>
      'The TLS handshake failed. Does the server support wss?',
    FailureKind.proxy => 'The proxy did not connect to the server.',
    FailureKind.upgradeRefused => 'The server refused the connection.',
    FailureKind.notWebSocket => 'The server is not a WebSocket server.',
    FailureKind.libraryMissing =>
      'The native library could not be loaded. Rebuild the app.',
    FailureKind.connectionLost => 'The server or the network is gone.',
    FailureKind.other => 'Something went wrong.',
  };
}

/// Chinese.
final class ChineseTexts implements Texts {
  const ChineseTexts();

  @override
  String get languageCode => 'zh';
  @override
  String get otherLanguage => 'English';

  @override
  String get echo => '内容回显';
  @override
  String get echoTitle => 'WebSocket(内容回显)';
  @override
  String get demo => '演示';
  @override
  String get benchmark => '测速';
  @override
  String get tryAgain => '重试';

  @override
  String get serverAddress => '服务器地址';
  @override
  String get connect => '连接';
  @override
  String get connecting => '正在连接…';
  @override
  String get waiting => '等待重新连接…';
  @override
  String get connected => '已连接';
  @override
  String get closing => '正在关闭…';
  @override
  String get closed => '已关闭';
  @override
  String get notConnected => '未连接';
  @override
  String get close => '关闭';
  @override
  String get closeCode => '关闭码';
  @override
  String get noCloseCode => '无';
  @override
  String get closeReason => '原因';
  @override
  String get closedCleanly => '正常关闭';
  @override
  String get closedUncleanly => '非正常关闭';

  @override
  String get sendMessage => '发送消息';
  @override
  String get send => '发送消息';
  @override
  String get sendPicture => '发送图片';
  @override
  String get echoedPicture => '收到的图片';
  @override
  String get noPicture => '这些字节不是图片。';
  @override
  String get flood => '每秒 1000 条消息';
  @override
  String get pause => '暂停';
  @override
  String get resume => '继续';
  @override
  String get paused => '已暂停';

  @override
  String get pings => '每 5 秒一次 ping';
  @override
  String get compression => '压缩';
  @override
  String get reconnect => '自动重连';
  @override
  String get appliesToNextConnect => '下次连接时生效';
  @override
  String get suspended => '已挂起';
  @override
  String get reconnectNow => '立即重连';
  @override
  String get clear => '清空';

  @override
  String get roundTrip => '往返时间';
  @override
  String get sent => '已发送';
  @override
  String get received => '已接收';
  @override
  String get waitingToBeSent => '等待发送';
  @override
  String get compressionRatio => '压缩率';
  @override
  String get messagesPerSecond => '条/秒';
  @override
  String get bytes => '字节';

  @override
  String get runBenchmark => '开始';
  @override
  String get running => '正在运行…';
  @override
  String get benchmarkExplained =>
      'dart:io 与 rust_web_socket 轮流运行，服务器在本应用的另一个 isolate 中。';
  @override
  String get watchTheSpinner => '圆圈在接收消息的 isolate 上转动：它停顿时，您的界面也会停顿。';
  @override
  String get longestPause => '最长停顿';
  @override
  String get timesFaster => '倍速度';
  @override
  String get rowRoundTrip => '往返，16 B 文本';
  @override
  String get rowReceiveText => '接收 32 B 文本';
  @override
  String get rowReceiveBinary => '接收 64 KiB 二进制';
  @override
  String get rowSendBinary => '发送 1 MiB 二进制';

  @override
  String headline(FailureKind kind) => switch (kind) {
    FailureKind.badAddress => '地址无法使用',
    FailureKind.libraryMissing => '应用不完整',
    FailureKind.connectionLost => '连接已断开',
    _ => '网络不通...',
  };

  @override
  String explanation(FailureKind kind) => switch (kind) {
    FailureKind.badAddress => '服务器地址的格式是 ws://主机:端口 或 wss://主机/路径。',
    FailureKind.noSuchHost => '找不到该服务器，或设备没有联网。',
    FailureKind.connectionRefused => '已找到主机，但该端口上没有运行服务器。',
    FailureKind.unreachable => '无法到达服务器。设备是否联网，是否在正确的网络中？',
    FailureKind.localNetwork => '此应用无权访问本地网络，请在设备的设置中允许。',
    FailureKind.timedOut => '服务器没有及时响应。',
    FailureKind.certificateUntrusted => '服务器的证书不受此设备信任。',
    FailureKind.certificateExpired => '服务器的证书已过期，或设备的时钟不准。',
    FailureKind.certificateNotYetValid => '服务器的证书尚未生效，或设备的时钟不准。',
    FailureKind.certificateOfAnother => '证书属于另一台服务器，连接可能被拦截。',
    FailureKind.certificateRevoked => '服务器的证书已被吊销。',
    FailureKind.noSecureConnection => '无法建立安全连接。服务器是否支持 wss？',
    FailureKind.proxy => '代理没有建立连接。',
    FailureKind.upgradeRefused => '服务器拒绝了连接。',
    FailureKind.notWebSocket => '该服务器不是 WebSocket 服务器。',
    FailureKind.libraryMissing => '无法加载原生库，请重新构建应用。',
    FailureKind.connectionLost => '服务器或网络已断开。',
    FailureKind.other => '出错了。',
  };
}
