/// The server that the pages offer at first:
/// `flutter run --dart-define=ECHO_URL=ws://HOST:PORT`.
const echoUrl = String.fromEnvironment(
  'ECHO_URL',
  defaultValue: 'ws://localhost:8080',
);
