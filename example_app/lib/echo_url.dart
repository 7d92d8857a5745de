/// The default server address of the pages: `flutter run
/// --dart-define=ECHO_URL=ws://HOST:PORT`.
const echoUrl = String.fromEnvironment(
  'ECHO_URL',
  defaultValue: 'ws://localhost:8080',
);
