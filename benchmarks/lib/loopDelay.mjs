// Preloaded into the process that is measured: writes every quarter of a second how long its event
// loop stood still at the longest, and how much memory it holds.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
setInterval(() => {
  const line = {
    at: Date.now(),
    blockedMs: delay.max / 1e6,
    megabytes: process.memoryUsage.rss() / 1e6,
  };
  delay.reset();
  const file = `${process.env.LOOP_DELAY_FILE}.${process.pid}`;
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}, 250).unref();
