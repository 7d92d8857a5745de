import 'package:example_app/logic/frame_throttle.dart';
import 'package:test/test.dart';

void main() {
  test('many changes are one call at the next frame', () {
    final frames = <void Function()>[];
    var calls = 0;
    final throttle = FrameThrottle(frames.add, () => calls++);
    for (var i = 0; i < 1000; i++) {
      throttle.mark();
    }
    expect(frames.length, 1);
    expect(calls, 0);
    frames.removeAt(0)();
    expect(calls, 1);
    expect(frames, isEmpty, reason: 'nothing has changed since');
    throttle.mark();
    frames.single();
    expect(calls, 2);
  });

  test('a change within the call is for the next frame', () {
    final frames = <void Function()>[];
    late final FrameThrottle throttle;
    var calls = 0;
    throttle = FrameThrottle(frames.add, () {
      if (++calls == 1) throttle.mark();
    });
    throttle.mark();
    frames.removeAt(0)();
    expect((calls, frames.length), (1, 1));
  });

  test('no call follows dispose', () {
    final frames = <void Function()>[];
    final throttle = FrameThrottle(frames.add, () => fail('it has ended'))
      ..mark()
      ..dispose();
    frames.single();
    throttle.mark();
    expect(frames.length, 1);
  });
}
