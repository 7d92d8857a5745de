/// A WebSocket client (RFC 6455) whose work happens in Rust, off the isolate
/// that uses it.
///
/// - [RustWebSocketChannel] has the types and the behaviour of
///   `package:web_socket_channel`: change the import and the class name.
/// - [RustWebSocket] is `package:web_socket`'s `WebSocket`.
/// - [ReconnectingWebSocketChannel] and [ReconnectingWebSocket] are the same two
///   that connect again when their connection is lost.
///
/// ```dart
/// final channel = RustWebSocketChannel.connect('ws://localhost:8080');
/// channel.stream.listen((message) => print('echo: $message'));
/// channel.sink.add('Hello');
/// ```
library;

export 'package:web_socket/web_socket.dart'
    show
        BinaryDataReceived,
        CloseReceived,
        TextDataReceived,
        WebSocketConnectionClosed,
        WebSocketEvent;
export 'package:web_socket_channel/web_socket_channel.dart'
    show WebSocketChannel, WebSocketChannelException, WebSocketSink;

export 'src/channel.dart' show RustWebSocketChannel;
export 'src/close_info.dart' show CloseInfo, CloseInitiator;
export 'src/connection/connection_controls.dart' show ConnectionControls;
export 'src/deflate_options.dart' show DeflateOptions;
export 'src/exceptions.dart'
    show
        BadReplyException,
        BrowserConnectException,
        CallbackException,
        CancelledException,
        ConnectException,
        ConnectTimeoutException,
        ConnectionRefusedException,
        HostLookupException,
        InvalidRequestException,
        LibraryException,
        ProxyException,
        SendBufferFullException,
        TlsFailure,
        TlsHandshakeException,
        UnreachableException,
        UpgradeRefusedException;
export 'src/library.dart' show RustWebSocketLibrary;
export 'src/log_record.dart' show LogLevel, WebSocketLogRecord;
export 'src/options.dart' show WebSocketOptions;
export 'src/proxy_options.dart'
    show ConnectAddress, NoProxy, ProxyFromEnvironment, ProxyOptions, ProxyUrl;
export 'src/receive_progress.dart' show ReceiveProgress;
export 'src/reconnect/backoff_options.dart' show BackoffOptions;
export 'src/reconnect/channel.dart' show ReconnectingWebSocketChannel;
export 'src/reconnect/decision.dart'
    show ConnectFailed, ConnectionFailure, ConnectionEnded, ReconnectDecision;
export 'src/reconnect/options.dart' show ConnectTarget, ReconnectOptions;
export 'src/reconnect/queue_options.dart'
    show QueueFullException, QueueOptions, QueuePolicy;
export 'src/reconnect/reconnect_controls.dart' show ReconnectControls;
export 'src/reconnect/send_result.dart' show SendResult, UnsentMessage;
export 'src/reconnect/channel_state.dart'
    show
        ChannelClosed,
        ChannelConnecting,
        ChannelOpen,
        ChannelState,
        ChannelSuspended,
        ChannelWaiting;
export 'src/reconnect/web_socket.dart' show ReconnectingWebSocket;
export 'src/stats.dart' show WebSocketStats, WebSocketTraffic;
export 'src/tls_options.dart' show ClientIdentity, TlsOptions;
export 'src/trace.dart'
    show
        TraceClosed,
        TraceClosing,
        TraceEvent,
        TraceFailed,
        TraceFrame,
        TraceOpened;
export 'src/web_socket.dart' show RustWebSocket;
