import { Worker } from 'worker_threads';

/** What a large body is, or why it is none. */
export type LargeJson =
  | { value: unknown }
  /** Not JSON, but text. */
  | { text: string }
  | { invalidUtf8: true }
  /** JSON that nests so deeply that it cannot be handed over. */
  | { tooDeep: true };

/**
 * Everything the worker does. It is text, so that it runs the same from the
 * sources under Jest as from the published bundle.
 */
const WORKER = `
const { parentPort, workerData } = require('worker_threads');
function read() {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(workerData);
  } catch {
    return { invalidUtf8: true };
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { text };
  }
}
const answer = read();
try {
  parentPort.postMessage(answer);
} catch {
  parentPort.postMessage({ tooDeep: true });
}
`;

/**
 * Reads JSON in a thread of its own: fifty megabytes in one go would hold up
 * everybody else. The bytes are handed over, and empty afterwards.
 */
export async function readLargeJson(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<LargeJson> {
  const worker = new Worker(WORKER, {
    eval: true,
    workerData: bytes,
    transferList: [bytes.buffer],
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the reader of a body ended')));
  });
}
