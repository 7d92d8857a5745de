const SECOND = 1_000_000;
const MAX_BUCKETS = 600;

/**
 * What happened between each two samples: {start, time, sentBytes, receivedBytes, sentMessages,
 * receivedMessages (a second), roundTrip (of a ping answered in it, else null), bufferedAmount}.
 */
export function ratesOf(samples) {
  const rates = [];
  let before = null;
  for (const sample of samples) {
    if (sample.stats === null || sample.stats === undefined) continue;
    if (before !== null && sample.time > before.time) rates.push(rateOf(before, sample));
    before = sample;
  }
  return rates;
}

function rateOf(before, { time, stats, bufferedAmount }) {
  const seconds = (time - before.time) / SECOND;
  // A counter that is lower than before is another connection's.
  const rate = (value, earlier) => Math.max(0, (value ?? 0) - (earlier ?? 0)) / seconds;
  const last = before.stats;
  return {
    start: before.time,
    time,
    sentBytes: rate(stats.bytesSent, last.bytesSent),
    receivedBytes: rate(stats.bytesReceived, last.bytesReceived),
    sentMessages: rate(stats.sent?.messages, last.sent?.messages),
    receivedMessages: rate(stats.received?.messages, last.received?.messages),
    roundTrip: (stats.roundTrips ?? 0) > (last.roundTrips ?? 0) ? (stats.lastRoundTrip ?? null) : null,
    bufferedAmount: bufferedAmount ?? null,
  };
}

/**
 * Samples made from recorded frames, for a capture from a file: at most 600, a second or more apart. They
 * have no round trips and no buffered amount, and count the frames that are there.
 */
export function samplesOf(frames) {
  if (frames.length === 0) return [];
  let first = Infinity;
  let last = -Infinity;
  for (const { time } of frames) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  const width = Math.max(1, Math.ceil((last - first + 1) / SECOND / MAX_BUCKETS)) * SECOND;
  const count = Math.floor((last - first) / width) + 1;
  const buckets = Array.from({ length: count }, () => ({
    bytesSent: 0,
    bytesReceived: 0,
    sent: 0,
    received: 0,
  }));
  for (const frame of frames) {
    const bucket = buckets[Math.floor((frame.time - first) / width)];
    bucket[frame.isSent ? 'bytesSent' : 'bytesReceived'] += frame.size;
    if (frame.isFinal && !frame.isControl) bucket[frame.isSent ? 'sent' : 'received']++;
  }
  const total = { bytesSent: 0, bytesReceived: 0, sent: 0, received: 0 };
  const sample = (time) => ({
    time,
    stats: {
      bytesSent: total.bytesSent,
      bytesReceived: total.bytesReceived,
      sent: { messages: total.sent },
      received: { messages: total.received },
    },
    bufferedAmount: null,
  });
  const samples = [sample(first)];
  buckets.forEach((bucket, index) => {
    for (const name of Object.keys(total)) total[name] += bucket[name];
    samples.push(sample(first + (index + 1) * width));
  });
  return samples;
}
