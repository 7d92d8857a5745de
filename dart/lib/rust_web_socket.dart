/// A WebSocket client (RFC 6455) implemented in Rust. Its network I/O runs on
/// threads of the native library, not on the isolate that uses it.
///
/// - [RustWebSocketChannel] has the types and the behaviour of
///   `package:web_socket_channel`: change the import and the class name.
/// - [RustWebSocket] is `package:web_socket`'s `WebSocket`.
/// - [ReconnectingWebSocketChannel] and [ReconnectingWebSocket] have the same
///   interfaces, and connect again when their connection is lost.
///
/// ```dart
/// final channel = RustWebSocketChannel.connect('ws://localhost:8080');
/// channel.stream.listen((message) => print('echo: $message'));
/// channel.sink.add('Hello');
/// ```
library;

// Sorted by how early a reader needs them.
// ignore_for_file: directives_ordering

// The channels, with package:web_socket_channel's types.
export 'src/channel.dart' show RustWebSocketChannel;
export 'src/reconnect/channel.dart' show ReconnectingWebSocketChannel;
export 'package:web_socket_channel/web_socket_channel.dart'
    show WebSocketChannel, WebSocketChannelException, WebSocketSink;

// The sockets, with package:web_socket's events.
export 'src/web_socket.dart' show RustWebSocket;
export 'src/reconnect/web_socket.dart' show ReconnectingWebSocket;
export 'package:web_socket/web_socket.dart'
    show
        BinaryDataReceived,
        CloseReceived,
        TextDataReceived,
        WebSocketConnectionClosed,
        WebSocketEvent;

// What channels and sockets have in common.
export 'src/connection/connection_controls.dart' show ConnectionControls;
export 'src/reconnect/reconnect_controls.dart' show ReconnectControls;

// Options.
export 'src/options/web_socket_options.dart' show WebSocketOptions;
export 'src/options/deflate_options.dart' show DeflateOptions;
export 'src/options/tls_options.dart'
    show CertificateVerifier, ClientIdentity, TlsOptions;
export 'src/options/proxy_options.dart' show ConnectAddress, ProxyOptions;
export 'src/connection/connect_target.dart' show ConnectTarget;
export 'src/options/reconnect_options.dart' show ReconnectOptions;
export 'src/options/backoff_options.dart' show BackoffOptions;
export 'src/options/queue_options.dart' show QueueOptions, QueuePolicy;
export 'src/options/heartbeat.dart' show Heartbeat;
export 'src/reconnect/decision.dart'
    show ConnectFailed, ConnectionEnded, ConnectionFailure, ReconnectDecision;

// Exceptions.
export 'src/exceptions/connect_exception.dart'
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
        LocalNetworkException,
        ProxyException,
        TlsFailure,
        TlsHandshakeException,
        UnreachableException,
        UpgradeRefusedException;
export 'src/exceptions/send_buffer_full_exception.dart'
    show SendBufferFullException;
export 'src/exceptions/queue_full_exception.dart' show QueueFullException;

// Endings, states, results, statistics and traces.
export 'src/close_info.dart' show CloseInfo, CloseInitiator;
export 'src/reconnect/channel_state.dart'
    show
        ChannelClosed,
        ChannelConnecting,
        ChannelOpen,
        ChannelState,
        ChannelSuspended,
        ChannelWaiting;
export 'src/reconnect/send_result.dart' show SendResult, UnsentMessage;
export 'src/receive_progress.dart' show ReceiveProgress;
export 'src/stats.dart' show WebSocketStats, WebSocketTraffic;
export 'src/trace.dart'
    show
        TraceClosed,
        TraceClosing,
        TraceEvent,
        TraceFailed,
        TraceFrame,
        TraceOpened;

// The native library, and what it logs.
export 'src/library.dart' show RustWebSocketLibrary;
export 'src/log_record.dart' show LogLevel, WebSocketLogRecord;
