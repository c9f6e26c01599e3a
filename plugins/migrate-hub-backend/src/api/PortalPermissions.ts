import {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  BasicPermission,
} from '@backstage/plugin-permission-common';
import { createHash } from 'crypto';

/** So long a permission that was given lasts for reading, without another question. */
const KEPT_MS = 5_000;

const MOST_KEPT = 1_000;

/** A token is not kept. */
const hashOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64');

/**
 * What the portal's permission policy says. To ask it costs Backstage a request
 * of its own, more than most answers of the hub: for reading it is asked again
 * after some seconds, for everything else each time.
 */
export class PortalPermissions {
  readonly #permissions: PermissionsService;
  /** Until when, by token and permission. What was denied is asked again at once. */
  readonly #given = new Map<string, number>();

  private constructor(permissions: PermissionsService) {
    this.#permissions = permissions;
  }

  static create(permissions: PermissionsService): PortalPermissions {
    return new PortalPermissions(permissions);
  }

  async gives(
    credentials: BackstageCredentials,
    permission: BasicPermission,
  ): Promise<boolean> {
    const [decision] = await this.#permissions.authorize([{ permission }], {
      credentials,
    });
    return decision.result === AuthorizeResult.ALLOW;
  }

  /**
   * The same, or what was said within the last seconds.
   *
   * @param bearer - the token that the credentials came from, verified just now
   */
  async gaveLately(
    credentials: BackstageCredentials,
    permission: BasicPermission,
    bearer: string | undefined,
  ): Promise<boolean> {
    if (bearer === undefined) return this.gives(credentials, permission);
    const key = `${permission.name} ${hashOf(bearer)}`;
    const asked = performance.now();
    if ((this.#given.get(key) ?? 0) > asked) return true;
    const isGiven = await this.gives(credentials, permission);
    this.#given.delete(key);
    if (isGiven) this.#keep(key, asked + KEPT_MS);
    return isGiven;
  }

  #keep(key: string, until: number): void {
    this.#given.set(key, until);
    const [oldest] = this.#given.keys();
    if (this.#given.size > MOST_KEPT) this.#given.delete(oldest);
  }
}
