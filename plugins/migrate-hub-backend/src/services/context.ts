import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { UserRecord } from '../domain/types';

/** Who calls: the user row that the Backstage principal resolved to. */
export interface Caller {
  user: UserRecord;
  /** Id of the plugin that acts on behalf of the user, if one does. */
  viaPlugin?: string;
  /** Row of the session that the token belongs to, if it belongs to one of ours. */
  sessionId?: string;
  /** Plugins that the config lets act on behalf of users. */
  allowedPlugins?: readonly string[];
  credentials: BackstageCredentials;
}

/** What every command of a service is told besides its input. */
export interface CommandContext {
  caller: Caller;
  requestId?: string;
  /** From the `Idempotency-Key` header of a POST that creates. */
  idempotency?: { route: string; key: string; bodyHash: string };
}
