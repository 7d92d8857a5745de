//! The rows and their goals.

use super::cores::Placement::BesideServer;
use super::goal::Goal::{self, DartIo, Floor, Ratio};
use super::measurement::{Measurement, calibrated};
use super::row::Better::{self, Less, More};
use super::row::{Row, Unit};

static ROUND_TRIP: Measurement = calibrated("round_trip 16").placed(BesideServer);
static LATENCY_100: Measurement = many("latency 100", 150).placed(BesideServer);
static LATENCY_1K: Measurement = many("latency 1000", 1500).placed(BesideServer);
static LATENCY_10K: Measurement = many("latency 10000", 15_000).placed(BesideServer);
static BUILDING_100: Measurement = many("latency_building 100", 150);
static BUILDING_1K: Measurement = many("latency_building 1000", 1500);
static BUILDING_10K: Measurement = many("latency_building 10000", 15_000);
static FRAMES_60_FEED: Measurement = many("frames 16667 8000 feed", 90);
static FRAMES_60_SEND: Measurement = many("frames 16667 8000 send", 90);
static FRAMES_60_JSON: Measurement = many("frames 16667 8000 json", 90);
static FRAMES_120_FEED: Measurement = many("frames 8333 4000 feed", 180);
static FRAMES_120_SEND: Measurement = many("frames 8333 4000 send", 180);
static FRAMES_120_JSON: Measurement = many("frames 8333 4000 json", 180);
static RECEIVE_TEXT_32: Measurement = calibrated("receive text 32");
static RECEIVE_TEXT_1K: Measurement = calibrated("receive text 1024");
static RECEIVE_TEXT_64K: Measurement = calibrated("receive text 65536");
static RECEIVE_CHINESE_32: Measurement = calibrated("receive chinese 32");
static RECEIVE_CHINESE_1K: Measurement = calibrated("receive chinese 1024");
static RECEIVE_CHINESE_64K: Measurement = calibrated("receive chinese 65536");
static SEND_CHINESE_32: Measurement = calibrated("send chinese 32");
static SEND_CHINESE_1K: Measurement = calibrated("send chinese 1024");
static SEND_CHINESE_64K: Measurement = calibrated("send chinese 65536");
static RECEIVE_BINARY_64K: Measurement = calibrated("receive binary 65536");
static SEND_TEXT_32: Measurement = calibrated("send text 32");
static SEND_BINARY_1M: Measurement = calibrated("send binary 1048576");
static SEND_BINARY_16M: Measurement = calibrated("send binary 16777216");
static TURN: Measurement = calibrated("turn binary 1048576").without_floor();
// tungstenite has no compression.
static RECEIVE_JSON: Measurement = calibrated("receive json 4096").without_floor();
static SEND_JSON: Measurement = calibrated("send json 4096").without_floor();
static DECODE_JSON_4K: Measurement = calibrated("decode 4096").without_floor();
static DECODE_JSON_256K: Measurement = calibrated("decode 262144").without_floor();
static STALL_SEND_BINARY: Measurement = few("stall_sending binary 16777216");
static STALL_SEND_LIST: Measurement = few("stall_sending list 16777216");
static TURN_TEXT_1M: Measurement = calibrated("turn text 1048576").without_floor();
static TURN_TEXT_16M: Measurement = few("turn text 16777216");
static TURN_CHINESE_1M: Measurement = calibrated("turn chinese 1048576").without_floor();
static TURN_CHINESE_16M: Measurement = few("turn chinese 16777216");
static STALL_SEND_TEXT_1M: Measurement = few("stall_sending text 1048576");
static STALL_SEND_TEXT_16M: Measurement = few("stall_sending text 16777216");
static STALL_SEND_CHINESE_1M: Measurement = few("stall_sending chinese 1048576");
static STALL_SEND_CHINESE_16M: Measurement = few("stall_sending chinese 16777216");
static STALL_RECEIVE_BINARY: Measurement = few("stall_receiving binary 16777216");
static STALL_RECEIVE_TEXT: Measurement = few("stall_receiving text 16777216");
// In a separate process, since it takes seconds.
static PONG: Measurement = calibrated("pong binary 4194304")
    .in_own_process(3, 1)
    .without_floor();
static OPEN_LOSSY: Measurement = calibrated("open").times(8).without_floor();
static UPLOAD_LOSSY: Measurement = calibrated("upload binary 1048576")
    .in_own_process(3, 1)
    .without_floor();
static SILENCE: Measurement = calibrated("silence").in_own_process(3, 1).without_floor();
static COLD_START: Measurement = calibrated("cold_start")
    .in_own_process(5, 1)
    .without_floor();
static CONNECT: Measurement = calibrated("connect");
static BUSY: Measurement = calibrated("busy 100 1024");
static BUSY_MEMORY: Measurement = calibrated("busy 100 1024 300000")
    .in_own_process(3, 100)
    .without_floor();
static IDLE: Measurement = calibrated("idle 2000").in_own_process(3, 2000);
static IDLE_COMPRESSED: Measurement = calibrated("idle_compressed 100")
    .in_own_process(3, 100)
    .without_floor();
// Until the lost ones are closed, a process has twice as many open files.
static STORM: Measurement = calibrated("storm 2000")
    .in_own_process(3, 4000)
    .without_floor();
static SCALE: Measurement = calibrated("scale 1 100 1000 10000")
    .in_own_process(3, 10_000)
    .placed(BesideServer)
    .without_floor();

/// A measurement that takes long, or takes a median itself.
const fn few(command: &'static str) -> Measurement {
    many(command, 3)
}

/// A measurement of `count` texts, frames or messages, however long they take.
const fn many(command: &'static str, count: usize) -> Measurement {
    calibrated(command).times(count).without_floor()
}

const MICROSECONDS: Unit = unit("µs", 1.0);
const MILLISECONDS: Unit = unit("ms", 1.0);
const MILLIONS: Unit = unit("M/s", 1e6);
const THOUSANDS: Unit = unit("k/s", 1e3);
const MEGABYTES: Unit = unit("MB/s", 1.0);
const MEGABYTES_OF_MEMORY: Unit = unit("MB", 1e6);
const KILOBYTES: Unit = unit("kB", 1e3);
const RATE: Unit = unit("/s", 1.0);
const TIMES: Unit = unit("×", 1.0);
const PERCENT: Unit = unit("%", 1e4);

const fn unit(name: &'static str, divisor: f64) -> Unit {
    Unit { name, divisor }
}

/// At most 1.5 times dart:io, or the smaller number of connections.
const HALF_MORE: f64 = 1.0 / 1.5;
/// As fast as dart:io, where the line takes nearly all of the time.
const AS_FAST: f64 = 0.95;
/// At most 1.25 times the floor, or the smaller number of connections.
const QUARTER_MORE: f64 = 1.0 / 1.25;

#[rustfmt::skip]
pub(crate) static ROWS: [Row; 90] = [
    row("round_trip_p50", "round trip, 16 B text, median", &ROUND_TRIP, "p50", MICROSECONDS, Less,
        &[DartIo(1.2), Floor(QUARTER_MORE)], &[DartIo(4.0), Floor(QUARTER_MORE)]),
    row("round_trip_p99", "round trip, 16 B text, 99 %", &ROUND_TRIP, "p99", MICROSECONDS, Less,
        &[DartIo(1.0)], &[DartIo(3.0)]),
    row("latency_100_p50", "latency, 100 texts a second, median", &LATENCY_100, "p50", MICROSECONDS, Less,
        &[], &[]),
    row("latency_100_p99", "latency, 100 texts a second, 99 %", &LATENCY_100, "p99", MICROSECONDS, Less,
        &[], &[]),
    row("latency_100_p999", "latency, 100 texts a second, 99.9 %", &LATENCY_100, "p99.9", MICROSECONDS, Less,
        &[DartIo(2.0)], &[DartIo(2.0)]),
    row("latency_100_max", "latency, 100 texts a second, maximum", &LATENCY_100, "max", MICROSECONDS, Less,
        &[], &[]),
    row("latency_1k_p50", "latency, 1,000 texts a second, median", &LATENCY_1K, "p50", MICROSECONDS, Less,
        &[], &[]),
    row("latency_1k_p99", "latency, 1,000 texts a second, 99 %", &LATENCY_1K, "p99", MICROSECONDS, Less,
        &[], &[]),
    row("latency_1k_p999", "latency, 1,000 texts a second, 99.9 %", &LATENCY_1K, "p99.9", MICROSECONDS, Less,
        &[DartIo(2.0)], &[DartIo(2.0)]),
    row("latency_1k_max", "latency, 1,000 texts a second, maximum", &LATENCY_1K, "max", MICROSECONDS, Less,
        &[], &[]),
    row("latency_10k_p50", "latency, 10,000 texts a second, median", &LATENCY_10K, "p50", MICROSECONDS, Less,
        &[], &[]),
    row("latency_10k_p99", "latency, 10,000 texts a second, 99 %", &LATENCY_10K, "p99", MICROSECONDS, Less,
        &[], &[]),
    row("latency_10k_p999", "latency, 10,000 texts a second, 99.9 %", &LATENCY_10K, "p99.9", MICROSECONDS, Less,
        &[DartIo(2.0)], &[DartIo(2.0)]),
    row("latency_10k_max", "latency, 10,000 texts a second, maximum", &LATENCY_10K, "max", MICROSECONDS, Less,
        &[], &[]),
    row("building_100_p50", "latency while frames are built, 100 texts a second, median", &BUILDING_100, "p50", MICROSECONDS, Less,
        &[], &[]),
    row("building_100_p99", "latency while frames are built, 100 texts a second, 99 %", &BUILDING_100, "p99", MICROSECONDS, Less,
        &[], &[]),
    row("building_100_p999", "latency while frames are built, 100 texts a second, 99.9 %", &BUILDING_100, "p99.9", MICROSECONDS, Less,
        &[DartIo(2.0)], &[DartIo(2.0)]),
    row("building_100_max", "latency while frames are built, 100 texts a second, maximum", &BUILDING_100, "max", MICROSECONDS, Less,
        &[], &[]),
    row("building_1k_p50", "latency while frames are built, 1,000 texts a second, median", &BUILDING_1K, "p50", MICROSECONDS, Less,
        &[], &[]),
    row("building_1k_p99", "latency while frames are built, 1,000 texts a second, 99 %", &BUILDING_1K, "p99", MICROSECONDS, Less,
        &[], &[]),
    row("building_1k_p999", "latency while frames are built, 1,000 texts a second, 99.9 %", &BUILDING_1K, "p99.9", MICROSECONDS, Less,
        &[DartIo(2.0)], &[DartIo(2.0)]),
    row("building_1k_max", "latency while frames are built, 1,000 texts a second, maximum", &BUILDING_1K, "max", MICROSECONDS, Less,
        &[], &[]),
    row("building_10k_p50", "latency while frames are built, 10,000 texts a second, median", &BUILDING_10K, "p50", MICROSECONDS, Less,
        &[], &[]),
    row("building_10k_p99", "latency while frames are built, 10,000 texts a second, 99 %", &BUILDING_10K, "p99", MICROSECONDS, Less,
        &[], &[]),
    row("building_10k_p999", "latency while frames are built, 10,000 texts a second, 99.9 %", &BUILDING_10K, "p99.9", MICROSECONDS, Less,
        &[DartIo(2.0)], &[DartIo(2.0)]),
    row("building_10k_max", "latency while frames are built, 10,000 texts a second, maximum", &BUILDING_10K, "max", MICROSECONDS, Less,
        &[], &[]),
    row("frames_60_feed", "frames in time while 1,000 texts a second arrive (8 of 16.7 ms)", &FRAMES_60_FEED, "of_alone", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("frames_60_send", "frames in time while 16 MiB messages are sent (8 of 16.7 ms)", &FRAMES_60_SEND, "of_alone", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("frames_60_json", "frames in time while compressed JSON arrives (8 of 16.7 ms)", &FRAMES_60_JSON, "of_alone", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("frames_120_feed", "frames in time while 1,000 texts a second arrive (4 of 8.3 ms)", &FRAMES_120_FEED, "of_alone", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("frames_120_send", "frames in time while 16 MiB messages are sent (4 of 8.3 ms)", &FRAMES_120_SEND, "of_alone", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("frames_120_json", "frames in time while compressed JSON arrives (4 of 8.3 ms)", &FRAMES_120_JSON, "of_alone", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("receive_text_32", "receive 32 B text", &RECEIVE_TEXT_32, "messages", MILLIONS, More,
        &[DartIo(1.6)], &[DartIo(8.0)]),
    row("receive_text_1k", "receive 1 KiB text", &RECEIVE_TEXT_1K, "messages", MILLIONS, More,
        &[DartIo(2.0)], &[DartIo(10.0)]),
    row("receive_text_64k", "receive 64 KiB text", &RECEIVE_TEXT_64K, "megabytes", MEGABYTES, More,
        &[DartIo(3.0), Floor(0.6)], &[DartIo(25.0), Floor(0.6)]),
    row("receive_chinese_32", "receive 32 B of Chinese text", &RECEIVE_CHINESE_32, "messages", MILLIONS, More,
        &[DartIo(3.0)], &[DartIo(3.0)]),
    row("receive_chinese_1k", "receive 1 KiB of Chinese text", &RECEIVE_CHINESE_1K, "messages", MILLIONS, More,
        &[DartIo(3.0)], &[DartIo(3.0)]),
    row("receive_chinese_64k", "receive 64 KiB of Chinese text", &RECEIVE_CHINESE_64K, "megabytes", MEGABYTES, More,
        &[DartIo(3.0)], &[DartIo(3.0)]),
    row("send_chinese_32", "send 32 B of Chinese text", &SEND_CHINESE_32, "messages", MILLIONS, More,
        &[DartIo(10.0)], &[DartIo(10.0)]),
    row("send_chinese_1k", "send 1 KiB of Chinese text", &SEND_CHINESE_1K, "messages", MILLIONS, More,
        &[DartIo(10.0)], &[DartIo(10.0)]),
    row("send_chinese_64k", "send 64 KiB of Chinese text", &SEND_CHINESE_64K, "megabytes", MEGABYTES, More,
        &[DartIo(10.0)], &[DartIo(10.0)]),
    row("receive_binary_64k", "receive 64 KiB binary", &RECEIVE_BINARY_64K, "megabytes", MEGABYTES, More,
        &[DartIo(4.0), Floor(0.6)], &[DartIo(30.0), Floor(0.6)]),
    row("send_text_32", "send 32 B text", &SEND_TEXT_32, "messages", MILLIONS, More,
        &[DartIo(60.0)], &[DartIo(20.0)]),
    row("send_binary_1m", "send 1 MiB binary", &SEND_BINARY_1M, "megabytes", MEGABYTES, More,
        &[DartIo(2.5)], &[DartIo(15.0)]),
    row("send_binary_16m", "send 16 MiB binary", &SEND_BINARY_16M, "megabytes", MEGABYTES, More, &[], &[]),
    row("isolate_send_1m", "isolate time for sending 1 MiB binary", &SEND_BINARY_1M, "isolate", MICROSECONDS, Less,
        &[DartIo(8.0)], &[]),
    row("turn_send_1m", "isolate time of the turn that sends 1 MiB binary", &TURN, "turn", MICROSECONDS, Less,
        &[], &[DartIo(8.0)]),
    row("turn_send_text_1m", "isolate time of the turn that sends 1 MiB of ASCII text", &TURN_TEXT_1M, "turn",
        MICROSECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("turn_send_text_16m", "isolate time of the turn that sends 16 MiB of ASCII text", &TURN_TEXT_16M, "turn",
        MICROSECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("turn_send_chinese_1m", "isolate time of the turn that sends 1 MiB of Chinese text", &TURN_CHINESE_1M, "turn",
        MICROSECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("turn_send_chinese_16m", "isolate time of the turn that sends 16 MiB of Chinese text", &TURN_CHINESE_16M,
        "turn", MICROSECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("receive_json", "receive 4 KiB JSON, compressed", &RECEIVE_JSON, "messages", THOUSANDS, More,
        &[DartIo(4.0)], &[DartIo(4.0)]),
    row("send_json", "send 4 KiB JSON, compressed", &SEND_JSON, "messages", THOUSANDS, More,
        &[DartIo(4.0)], &[DartIo(4.0)]),
    row("decode_json_4k", "receive 4 KiB JSON and decode it", &DECODE_JSON_4K, "messages", THOUSANDS, More,
        &[DartIo(1.0)], &[DartIo(3.0)]),
    row("decode_json_256k", "receive 256 KiB JSON and decode it", &DECODE_JSON_256K, "messages", RATE, More,
        &[DartIo(1.0)], &[DartIo(3.0)]),
    row("isolate_receive_json", "isolate time for receiving 4 KiB JSON, compressed", &RECEIVE_JSON, "isolate",
        MICROSECONDS, Less, &[DartIo(8.0)], &[DartIo(8.0)]),
    row("isolate_send_json", "isolate time for sending 4 KiB JSON, compressed", &SEND_JSON, "isolate",
        MICROSECONDS, Less, &[DartIo(8.0)], &[DartIo(8.0)]),
    row("stall_send_binary", "worst stall while a 16 MiB `Uint8List` is sent", &STALL_SEND_BINARY, "longest",
        MILLISECONDS, Less, &[DartIo(4.0)], &[DartIo(4.0)]),
    row("stall_send_list", "worst stall while a 16 MiB `List<int>` is sent", &STALL_SEND_LIST, "longest",
        MILLISECONDS, Less, &[DartIo(1.5)], &[DartIo(1.5)]),
    row("stall_send_text_1m", "worst stall while 1 MiB of ASCII text is sent", &STALL_SEND_TEXT_1M, "longest",
        MILLISECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("stall_send_text_16m", "worst stall while 16 MiB of ASCII text is sent", &STALL_SEND_TEXT_16M, "longest",
        MILLISECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("stall_send_chinese_1m", "worst stall while 1 MiB of Chinese text is sent", &STALL_SEND_CHINESE_1M, "longest",
        MILLISECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("stall_send_chinese_16m", "worst stall while 16 MiB of Chinese text is sent", &STALL_SEND_CHINESE_16M,
        "longest", MILLISECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("stall_receive_binary", "worst stall while 16 MiB binary arrives", &STALL_RECEIVE_BINARY, "longest",
        MILLISECONDS, Less, &[DartIo(2.0)], &[DartIo(2.0)]),
    row("stall_receive_text", "worst stall while 16 MiB text arrives", &STALL_RECEIVE_TEXT, "longest",
        MILLISECONDS, Less, &[DartIo(1.5)], &[DartIo(1.5)]),
    row("pong_while_sending", "pong while 4 MiB are sent at 1 MB/s", &PONG, "pong", MILLISECONDS, Less, &[], &[]),
    row("lossy_open", "open a connection over a lossy line", &OPEN_LOSSY, "each", MILLISECONDS, Less,
        &[DartIo(AS_FAST)], &[DartIo(AS_FAST)]),
    row("lossy_upload", "send 1 MiB over a lossy line", &UPLOAD_LOSSY, "upload", MILLISECONDS, Less,
        &[DartIo(AS_FAST)], &[DartIo(AS_FAST)]),
    row("lossy_pong", "pong while 1 MiB is sent over a lossy line", &UPLOAD_LOSSY, "pong", MILLISECONDS, Less,
        &[DartIo(1.0)], &[DartIo(1.0)]),
    row("lossy_silence", "silence of a lossy line, until an echo over a new connection", &SILENCE, "echo",
        MILLISECONDS, Less, &[DartIo(1.0)], &[DartIo(1.0)]),
    row("cold_start", "cold start, up to the first message", &COLD_START, "first_message", MILLISECONDS, Less,
        &[DartIo(1.0)], &[DartIo(1.0)]),
    row("connect", "connects, one after another", &CONNECT, "per_second", RATE, More,
        &[DartIo(1.0)], &[DartIo(3.0)]),
    row("busy_100", "receive 1 KiB text over 100 connections", &BUSY, "messages", MILLIONS, More,
        &[], &[]),
    row("busy_100_of_one", "100 connections compared with one", &BUSY, "of_one", TIMES, More,
        &[Ratio(1.0)], &[Ratio(1.0)]),
    row("busy_memory_100", "memory gained while 100 connections receive 1 KiB text", &BUSY_MEMORY, "memory",
        MEGABYTES_OF_MEMORY, Less, &[DartIo(1.0)], &[DartIo(1.0)]),
    row("memory_2000", "memory for each of 2,000 idle connections", &IDLE, "memory_2000", KILOBYTES, Less,
        &[DartIo(HALF_MORE)], &[]),
    row("memory_compressed", "memory for each of 100 connections after 1,000 compressed messages", &IDLE_COMPRESSED,
        "memory_100", KILOBYTES, Less, &[DartIo(1.0)], &[DartIo(1.0)]),
    row("scale_memory_100", "memory for each of 100 connections", &SCALE, "memory_100", KILOBYTES, Less, &[], &[]),
    row("scale_memory_1000", "memory for each of 1,000 connections", &SCALE, "memory_1000", KILOBYTES, Less, &[], &[]),
    row("scale_memory_10000", "memory for each of 10,000 connections", &SCALE, "memory_10000", KILOBYTES, Less,
        &[DartIo(1.0)], &[DartIo(1.0)]),
    row("scale_cpu_1", "processor time with one connection that pings", &SCALE, "cpu_1", PERCENT, Less, &[], &[]),
    row("scale_cpu_10000", "processor time with 10,000 connections that ping", &SCALE, "cpu_10000", PERCENT, Less,
        &[], &[]),
    row("scale_round_trip_1", "round trip over one connection", &SCALE, "round_trip_1", MICROSECONDS, Less,
        &[], &[]),
    row("scale_round_trip_10000", "round trip over one of 10,000 connections", &SCALE, "round_trip_10000", MICROSECONDS,
        Less, &[], &[]),
    row("scale_memory_flat", "memory for each of 1,000 connections, compared with 10,000", &SCALE, "memory_flat", TIMES,
        More, &[Ratio(HALF_MORE)], &[Ratio(HALF_MORE)]),
    row("scale_cpu_flat", "processor time for each of 1,000 connections, compared with 10,000", &SCALE, "cpu_flat",
        TIMES, More, &[Ratio(QUARTER_MORE)], &[Ratio(QUARTER_MORE)]),
    row("scale_round_trip_flat", "round trip over one connection, compared with one of 10,000", &SCALE,
        "round_trip_flat", TIMES, More, &[Ratio(QUARTER_MORE)], &[Ratio(QUARTER_MORE)]),
    row("storm_all_open", "2,000 lost connections, until all are open again", &STORM, "all_open", MILLISECONDS, Less,
        &[DartIo(1.0)], &[DartIo(1.0)]),
    row("storm_memory", "memory gained while 2,000 lost connections are opened again", &STORM, "memory",
        MEGABYTES_OF_MEMORY, Less, &[DartIo(1.0)], &[DartIo(1.0)]),
    row("storm_stall", "worst stall while 2,000 lost connections are opened again", &STORM, "longest", MILLISECONDS,
        Less, &[DartIo(1.0)], &[DartIo(1.0)]),
];

#[expect(
    clippy::too_many_arguments,
    reason = "they are the columns of the table above"
)]
const fn row(
    name: &'static str,
    label: &'static str,
    measurement: &'static Measurement,
    measure: &'static str,
    unit: Unit,
    better: Better,
    ws: &'static [Goal],
    wss: &'static [Goal],
) -> Row {
    Row {
        name,
        label,
        measurement,
        measure,
        unit,
        better,
        ws,
        wss,
    }
}

/// The rows of README.md.
pub(crate) const README_ROWS: [&str; 14] = [
    "round_trip_p50",
    "round_trip_p99",
    "receive_text_32",
    "receive_text_1k",
    "receive_text_64k",
    "receive_binary_64k",
    "send_text_32",
    "send_binary_1m",
    "receive_json",
    "send_json",
    "turn_send_1m",
    "stall_send_binary",
    "connect",
    "memory_2000",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
    }

    #[test]
    fn where_the_floor_is_a_goal_it_is_measured() {
        for row in &ROWS {
            let goals = row.ws.iter().chain(row.wss);
            let mut floors = goals.filter(|goal| matches!(goal, Floor(_)));
            assert!(row.measurement.has_floor || floors.next().is_none());
        }
    }

    #[test]
    fn only_a_row_that_is_a_ratio_is_its_own_measure() {
        for row in &ROWS {
            let mut goals = row.ws.iter().chain(row.wss);
            let is_own_measure = goals.any(|goal| matches!(goal, Ratio(_)));
            assert!(row.unit.is_ratio() || !is_own_measure, "{}", row.name);
        }
    }

    #[test]
    fn what_is_shown_in_short_is_measured() {
        for name in README_ROWS {
            assert!(ROWS.iter().any(|row| row.name == name), "{name}");
        }
    }
}
