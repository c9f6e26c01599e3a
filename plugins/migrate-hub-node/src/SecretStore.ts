/**
 * A place outside the hub where passwords of targets are kept. The hub keeps the
 * name of the secret only, and asks for it each time it connects.
 *
 * @public
 */
export interface SecretStore {
  /** What `passwordFrom.from` of a target says, such as `env`, `file`, `vault`. */
  readonly from: string;
  /**
   * Why a target may not name this secret, in words for people; undefined if it
   * may. Asked when it is saved and each time it is opened.
   */
  refuse(name: string): string | undefined;
  /** Throws, with a message that holds no secret, where there is none of that name. */
  open(name: string): Promise<string>;
}
