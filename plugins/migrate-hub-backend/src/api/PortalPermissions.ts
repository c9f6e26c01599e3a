import {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  BasicPermission,
} from '@backstage/plugin-permission-common';
import { Lately } from './Lately';

/**
 * What the portal's permission policy says. To ask it costs Backstage a request
 * of its own, more than most answers of the hub: for reading it is asked again
 * after some seconds, for everything else each time.
 */
export class PortalPermissions {
  readonly #permissions: PermissionsService;
  /** What was denied is asked again at once. */
  readonly #given = new Lately<true>();

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
   * @param bearer - the token that the credentials came from
   */
  async gaveLately(
    credentials: BackstageCredentials,
    permission: BasicPermission,
    bearer: string | undefined,
  ): Promise<boolean> {
    if (bearer === undefined) return this.gives(credentials, permission);
    const question = permission.name;
    if (this.#given.get(bearer, question)) return true;
    const asked = performance.now();
    const isGiven = await this.gives(credentials, permission);
    if (isGiven) this.#given.keep(bearer, true, { question, asked });
    return isGiven;
  }
}
