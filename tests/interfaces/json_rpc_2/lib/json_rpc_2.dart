import 'package:stream_channel/stream_channel.dart';

class Peer {
  external Peer(StreamChannel<String> channel);
  external Future<dynamic> listen();
  external Future<dynamic> sendRequest(String method, [dynamic parameters]);
}
