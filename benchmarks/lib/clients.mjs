// Many clients at once, each with one question after the other.
import { percentile } from './report.mjs';

/**
 * Has so many clients ask until `seconds` are over; each waits for its answer before it asks again.
 *
 * @param ask - called with the number of the client
 * @returns milliseconds: the median and the 99th percentile; and answers a second
 */
export async function atOnce(clients, seconds, ask) {
  const taken = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const client = async n => {
    do {
      const start = performance.now();
      await ask(n);
      taken.push(performance.now() - start);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  return {
    median: percentile(taken, 50),
    p99: percentile(taken, 99),
    perSecond: (taken.length * 1000) / (performance.now() - begin),
  };
}
