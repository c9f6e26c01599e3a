import { breathe } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Response } from 'express';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { isLarge, jsonParts } from './jsonParts';

/** Answers with JSON; what is large in parts, as fast as they are taken, and without an ETag. */
export async function sendJson(
  res: Response,
  status: number,
  answer: unknown,
): Promise<void> {
  res.status(status).type('application/json');
  if (!isLarge(answer)) {
    res.send(JSON.stringify(answer));
    return;
  }
  try {
    await pipeline(Readable.from(inTurn(answer)), res);
  } catch (error) {
    // Whoever asked has gone: there is nobody to tell.
    if (!res.destroyed) throw error;
  }
}

async function* inTurn(answer: unknown): AsyncGenerator<string> {
  for (const part of jsonParts(answer)) {
    await breathe();
    yield part;
  }
}
