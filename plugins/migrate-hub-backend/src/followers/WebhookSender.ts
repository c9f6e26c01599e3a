import { LoggerService } from '@backstage/backend-plugin-api';
import { request as requestHttp } from 'http';
import { request as requestHttps } from 'https';
import { Knex } from 'knex';
import { SecretBox } from '../crypto/SecretBox';
import { webhookSignature } from '../crypto/webhookSignature';
import { HubError } from '../errors';
import { Loop } from '../services/Loop';
import { CheckedAddress, Receivers } from '../services/Receivers';
import {
  claimDeliveries,
  DueDelivery,
  finishAttempt,
} from '../store/webhookDeliveries';

export interface WebhookSenderOptions {
  knex: Knex;
  logger: LoggerService;
  secrets: Pick<SecretBox, 'openToken'>;
  receivers: Receivers;
  onAttempt?: (result: 'delivered' | 'retried' | 'failed') => void;
  /** Pauses before the second and later attempts, in seconds; after the last it is given up. */
  retrySeconds?: readonly number[];
}

/** For about a day. */
const RETRY_SECONDS = [10, 60, 300, 1_800, 7_200, 21_600, 43_200];
const AT_ONCE = 5;
const POLL_MS = 1_000;
const AFTER_FAILURE_MS = 5_000;
const PATIENCE_MS = 10_000;
/** Longer than an attempt can take. */
const LEASE_SECONDS = 60;

/** What became of an attempt. */
type Answer = { statusCode: number } | { error: string };

/**
 * Delivers what is in the queue of the webhooks, at least once, each signed.
 *
 * @remarks
 * Every replica sends; a claim keeps a delivery with one of them. Redirects are
 * not followed: they would lead past the check of the address.
 */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #loop: Loop;

  private constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#loop = Loop.create({
      work: async () => ((await this.deliver()) === AT_ONCE ? 'more' : 'done'),
      onError: error =>
        options.logger.warn(
          'The queue of the webhooks could not be read, trying again',
          error,
        ),
      pollMs: POLL_MS,
      afterFailureMs: AFTER_FAILURE_MS,
    });
  }

  static create(options: WebhookSenderOptions): WebhookSender {
    return new WebhookSender(options);
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Makes the attempts that are due, some at a time. @returns how many it were */
  async deliver(): Promise<number> {
    const due = await claimDeliveries(this.#options.knex, {
      limit: AT_ONCE,
      leaseSeconds: LEASE_SECONDS,
    });
    await Promise.all(due.map(delivery => this.#attempt(delivery)));
    return due.length;
  }

  async #attempt(delivery: DueDelivery): Promise<void> {
    const { knex, logger, onAttempt } = this.#options;
    const retries = this.#options.retrySeconds ?? RETRY_SECONDS;
    const answer = await this.#send(delivery);
    const delivered =
      'statusCode' in answer &&
      answer.statusCode >= 200 &&
      answer.statusCode < 300;
    const retrySeconds = retries[delivery.attempt - 1];
    await finishAttempt(knex, delivery, { ...answer, delivered, retrySeconds });
    if (delivered) {
      onAttempt?.('delivered');
      return;
    }
    const given = retrySeconds === undefined;
    onAttempt?.(given ? 'failed' : 'retried');
    const why =
      'error' in answer ? answer.error : `status ${answer.statusCode}`;
    logger.warn(
      `Attempt ${delivery.attempt} to tell webhook ${delivery.webhookId} of ${
        delivery.event
      } failed (${why}), ${given ? 'given up' : 'trying again later'}`,
    );
  }

  async #send(delivery: DueDelivery): Promise<Answer> {
    const { secrets, receivers } = this.#options;
    const secret = secrets.openToken(delivery.secret, delivery.webhookId);
    if (secret === undefined) {
      return { error: 'its secret cannot be decrypted: set it again' };
    }
    try {
      const url = new URL(delivery.url);
      return await post(url, await receivers.resolve(url), {
        body: delivery.body,
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': 'migrate-hub',
          'X-Migrate-Hub-Event': delivery.event,
          'X-Migrate-Hub-Delivery': delivery.id,
          'X-Migrate-Hub-Signature': webhookSignature(
            secret,
            delivery.body,
            Math.floor(Date.now() / 1000),
          ),
        },
      });
    } catch (error) {
      return { error: reasonOf(error) };
    }
  }
}

/** Codes, and refusals of ours; the message of a socket may hold what was sent. */
function reasonOf(error: unknown): string {
  if (error instanceof HubError) return error.message;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : 'the connection failed';
}

/** Sends to an address that was checked, whatever the name resolves to by now. */
function post(
  url: URL,
  checked: CheckedAddress[],
  message: { body: string; headers: Record<string, string> },
): Promise<Answer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: {
          ...message.headers,
          'Content-Length': Buffer.byteLength(message.body),
        },
        signal: AbortSignal.timeout(PATIENCE_MS),
        agent: false,
        lookup: (_host, options, found) =>
          options.all
            ? found(null, checked)
            : found(null, checked[0].address, checked[0].family),
      },
      response => {
        // What the receiver writes is of no interest, and may be endless.
        response.destroy();
        resolve({ statusCode: response.statusCode ?? 0 });
      },
    );
    sent.on('error', reject);
    sent.end(message.body);
  });
}
