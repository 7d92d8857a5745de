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
export 'src/options.dart' show WebSocketOptions;
export 'src/deflate_options.dart' show DeflateOptions;
export 'src/tls_options.dart' show ClientIdentity, TlsOptions;
export 'src/proxy_options.dart' show ConnectAddress, ProxyOptions;
export 'src/connection/connect_target.dart' show ConnectTarget;
export 'src/reconnect/options.dart' show ReconnectOptions;
export 'src/reconnect/backoff_options.dart' show BackoffOptions;
export 'src/reconnect/queue_options.dart' show QueueOptions, QueuePolicy;
export 'src/reconnect/decision.dart'
    show ConnectFailed, ConnectionEnded, ConnectionFailure, ReconnectDecision;

// Exceptions.
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
export 'src/reconnect/queue_options.dart' show QueueFullException;

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
