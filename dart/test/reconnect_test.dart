// When and how a reconnecting channel connects again, over fakes and in a time
// of their own.
import 'dart:async';
import 'dart:math';

import 'package:rust_web_socket/rust_web_socket.dart';
import 'package:test/test.dart';

import 'support/fake_lines.dart';
import 'support/fake_time.dart';

const _down = ConnectionRefusedException('nobody listens');

const _seconds = Duration(seconds: 1);

void main() {
  late FakeTime time;
  late FakeLines lines;

  setUp(() {
    time = FakeTime();
    lines = FakeLines(time);
  });
  tearDown(() => expect(time.unhandled, isEmpty));

  /// Opens the last line, which stays open for long enough to be good.
  void openAndLast() {
    lines.last.open();
    time.elapse(_seconds * 5);
  }

  group('the back-off', () {
    test('grows by its factor up to its cap', () {
      lines.connect(
        reconnect: const ReconnectOptions(
          backoff: BackoffOptions(
            start: _seconds,
            factor: 2,
            cap: Duration(seconds: 10),
          ),
        ),
      );
      for (var i = 0; i < 6; i++) {
        time.elapse(const Duration(minutes: 1));
        lines.last.fail(_down);
      }
      expect(lines.waits, [1000, 2000, 4000, 8000, 10000, 10000]);
    });

    test('spreads waits between zero and its limit', () {
      final random = Random(7);
      const backoff = BackoffOptions();
      for (var waits = 0; waits < 2000; waits++) {
        final limit = min(1000 * pow(1.3, waits), 10000);
        final wait = backoff.wait(waits, random).inMilliseconds;
        expect(wait, inInclusiveRange(0, limit));
      }
      final first = [
        for (var i = 0; i < 100; i++) backoff.wait(0, random).inMilliseconds,
      ];
      expect(first.reduce(min), lessThan(100));
      expect(first.reduce(max), greaterThan(900));
    });

    test('begins anew after a connection that was good', () {
      lines.connect();
      lines.last.fail(_down);
      lines.last.fail(_down);
      openAndLast();
      lines.last.drop();
      expect(lines.waits, [1000, 1300, 1000]);
      time.elapse(_seconds);
      expect((lines.states.last as LineConnecting).attempt, 1);
    });

    test('goes on after a connection that did not last', () {
      lines.connect();
      for (var i = 0; i < 3; i++) {
        lines.last.open();
        time.elapse(const Duration(milliseconds: 4999));
        lines.last.drop();
        time.elapse(_seconds * 10);
      }
      expect(lines.waits, [1000, 1300, 1690]);
      expect((lines.states.last as LineConnecting).attempt, 4);
    });

    test('is left to the connector, which is asked at once', () {
      lines.connect();
      openAndLast();
      lines.last.drop();
      expect(lines.all, hasLength(2));
      expect(lines.last.request.delay, _seconds);
      expect(lines.states.last, isA<LineWaiting>());
      time.elapse(_seconds);
      expect(lines.states.last, isA<LineConnecting>());
      lines.last.open();
      expect(lines.states.last, isA<LineOpen>());
    });

    test('is kept here where the connector has no clock', () {
      lines = FakeLines(time, areDelayed: false);
      lines.connect();
      openAndLast();
      lines.last.drop();
      expect(lines.all, hasLength(1));
      time.elapse(_seconds - const Duration(microseconds: 1));
      expect(lines.all, hasLength(1));
      time.elapse(const Duration(microseconds: 1));
      expect(lines.all, hasLength(2));
      expect(lines.last.request.delay, Duration.zero);
    });
  });
}
