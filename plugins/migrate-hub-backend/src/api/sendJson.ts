import { Response } from 'express';
import { setImmediate as breathe } from 'timers/promises';

/** Beyond this an answer is sent in steps, and without an ETag. */
const LARGE = 1_000_000;

/**
 * Answers with JSON. Writing, encoding and hashing fifty megabytes of SQL in
 * one go would hold up everybody else for a quarter of a second.
 */
export async function sendJson(
  res: Response,
  status: number,
  answer: unknown,
): Promise<void> {
  const text = JSON.stringify(answer);
  res.status(status).type('application/json');
  if (text.length < LARGE) {
    res.send(text);
    return;
  }
  await breathe();
  const bytes = Buffer.from(text);
  await breathe();
  res.set('Content-Length', String(bytes.length));
  res.end(bytes);
}
