import 'dart:typed_data';

import 'package:example_app/logic/message_log.dart';
import 'package:test/test.dart';

void main() {
  test('the newest come first, and the oldest are dropped', () {
    final log = MessageLog(limit: 3);
    for (var i = 1; i <= 5; i++) {
      log.add('$i', isSent: i.isOdd);
    }
    expect(log.length, 3);
    expect([for (var i = 0; i < 3; i++) log[i].preview], ['5', '4', '3']);
    expect(log[0].number, 5);
    expect((log[0].isSent, log[1].isSent), (true, false));
  });

  test('the beginning of a long text is kept', () {
    final log = MessageLog()..add('x' * 1000000, isSent: true);
    expect(log[0].size, 1000000);
    expect(log[0].preview.length, 121);
    expect(log[0].preview, endsWith('…'));
  });

  test('a character is not cut in two', () {
    final log = MessageLog()..add('${'x' * 119}🎉 and more', isSent: true);
    expect(log[0].preview, '${'x' * 119}…');
  });

  test('bytes are shown in hexadecimal', () {
    final log = MessageLog()
      ..add(Uint8List.fromList([0, 15, 255]), isSent: false)
      ..add(Uint8List(17), isSent: false);
    expect(log[1].preview, '00 0f ff');
    expect(log[0].preview, '${List.filled(16, '00').join(' ')} …');
    expect(log[0].size, 17);
  });
}
