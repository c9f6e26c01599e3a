import {
  AuthService,
  DiscoveryService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import {
  ErrorCode,
  SessionGrant,
  googleSignInRequestSchema,
  localSignInRequestSchema,
  sessionGrantSchema,
  sessionRefreshRequestSchema,
  sessionRevokedSchema,
  signInFailureSchema,
  signInRefusalSchema,
  upstreamReportSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { SignInError } from './SignInError';

/** Refusals of the hub that are meant for the person who signs in. */
const FOR_THE_PERSON: ErrorCode[] = [
  'NOT_SIGNED_IN',
  'USER_DISABLED',
  'SIGN_IN_REFUSED',
  'PASSWORD_CHANGE_REQUIRED',
  'INVALID_INPUT',
  'TOO_MANY_REQUESTS',
];

const refusalSchema = z.object({
  error: z.object({
    code: z.enum(FOR_THE_PERSON),
    message: z.string(),
    details: z
      .object({ reason: signInRefusalSchema.optional().catch(undefined) })
      .optional(),
  }),
});

const unavailable = () =>
  new SignInError(
    'UNAVAILABLE',
    'Sign-in does not work right now: migrate-hub cannot be reached. Try again in a minute.',
    { told: 'unavailable' },
  );

/** The hub's sessions, through its internal routes: this module has no tables. */
export class HubSessions {
  readonly #auth: AuthService;
  readonly #discovery: DiscoveryService;
  readonly #logger: LoggerService;

  private constructor(options: {
    auth: AuthService;
    discovery: DiscoveryService;
    logger: LoggerService;
  }) {
    this.#auth = options.auth;
    this.#discovery = options.discovery;
    this.#logger = options.logger;
  }

  static create(options: {
    auth: AuthService;
    discovery: DiscoveryService;
    logger: LoggerService;
  }): HubSessions {
    return new HubSessions(options);
  }

  /**
   * Checks a password and opens a session.
   *
   * @throws SignInError with the hub's reason, or `UNAVAILABLE`.
   */
  async signIn(
    request: z.input<typeof localSignInRequestSchema>,
  ): Promise<SessionGrant> {
    const response = await this.#post('/sessions/local', request);
    return sessionGrantSchema.parse(await response.json());
  }

  /** Opens a session for whom Google has identified. @throws as `signIn` */
  async signInGoogle(
    request: z.input<typeof googleSignInRequestSchema>,
  ): Promise<SessionGrant> {
    const response = await this.#post('/sessions/google', request);
    return sessionGrantSchema.parse(await response.json());
  }

  /** Puts a failure of Google's sign-in into the auth log. */
  async noteFailure(
    failure: Omit<z.input<typeof signInFailureSchema>, 'provider'>,
  ): Promise<void> {
    // Without the hub the person is refused all the same.
    await this.#post('/sign-in-failures', {
      provider: 'google',
      ...failure,
    }).catch(() => {});
  }

  /** A session is over, but Google does not know yet. */
  noteRevocationFailure(): void {
    this.#logger.warn(
      'Google could not be told that a session is over; its refresh token was deleted here',
    );
  }

  /** What Google said about a session. @throws SignInError `NOT_SIGNED_IN` if it ended it. */
  async report(report: z.input<typeof upstreamReportSchema>): Promise<void> {
    await this.#post('/sessions/upstream', report);
  }

  /** @throws SignInError `NOT_SIGNED_IN` if the session ended, or as `signIn`. */
  async refresh(
    request: z.input<typeof sessionRefreshRequestSchema>,
  ): Promise<SessionGrant> {
    const response = await this.#post('/sessions/refresh', request);
    return sessionGrantSchema.parse(await response.json());
  }

  /** Ends a session. @throws SignInError `UNAVAILABLE` */
  async revoke(
    request: z.input<typeof sessionRefreshRequestSchema>,
  ): Promise<z.output<typeof sessionRevokedSchema>> {
    const response = await this.#post('/sessions/revoke', request);
    return sessionRevokedSchema.parse(await response.json());
  }

  async #post(path: string, body: object): Promise<Response> {
    const response = await this.#send(path, body);
    if (response.ok) return response;

    const answer: unknown = await response.json().catch(() => undefined);
    const refusal = refusalSchema.safeParse(answer);
    if (!refusal.success) {
      this.#logger.error(
        `migrate-hub answered ${response.status} to /internal${path}`,
      );
      throw unavailable();
    }
    const { code, message, details } = refusal.data.error;
    throw new SignInError(code, message, {
      retryAfter: response.headers.get('Retry-After') ?? undefined,
      told: details?.reason,
    });
  }

  async #send(path: string, body: object): Promise<Response> {
    try {
      const baseUrl = await this.#discovery.getBaseUrl('migrate-hub');
      const { token } = await this.#auth.getPluginRequestToken({
        onBehalfOf: await this.#auth.getOwnServiceCredentials(),
        targetPluginId: 'migrate-hub',
      });
      return await fetch(`${baseUrl}/internal${path}`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(15_000),
      });
    } catch (error) {
      // Not the error itself: it may carry the request.
      const reason = error instanceof Error ? error.message : 'unknown reason';
      this.#logger.error(
        `migrate-hub did not answer to /internal${path}: ${reason}`,
      );
      throw unavailable();
    }
  }
}
