/**
 * What the server said when it broke TLS off, such as `unknown ca` or
 * `certificate required`: it does not like how the hub proves who it is.
 * Undefined where it said nothing of the kind.
 *
 * @public
 */
export function tlsAlert(message: string): string | undefined {
  return /\balert ([a-z ]+?)(?::|$)/.exec(message)?.[1];
}
