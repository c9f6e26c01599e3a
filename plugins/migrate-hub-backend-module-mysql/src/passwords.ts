import { isIP } from 'net';
import { checkServerIdentity, TLSSocket } from 'tls';
import { AuthPlugin, authPlugins, Connection, ConnectionOptions } from 'mysql2';
import { TlsOptions } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** mysql2 reports it as the code of the connection error. */
export const INSECURE_PASSWORD = 'MIGRATE_HUB_INSECURE_PASSWORD';

const FULL_AUTHENTICATION = 0x04;

export interface Line {
  host: string;
  tls: TlsOptions;
  isLoopback: boolean;
}

/**
 * Who may be told the password in a form that can be read: whoever proved by
 * TLS to be the server that was meant.
 *
 * @remarks
 * `verify-ca` proves that only against an authority named on purpose: with the
 * system's authorities anybody with any certificate passes it.
 */
function isVerified({ tls }: Line): boolean {
  return (
    tls.mode === 'verify-full' || (tls.mode === 'verify-ca' && Boolean(tls.ca))
  );
}

/** What mysql2 must be told so that it never sends a readable password elsewhere. */
export function passwordRules(
  line: Line,
): Pick<ConnectionOptions, 'authPlugins' | 'enableCleartextPlugin'> {
  const verified = isVerified(line);
  if (verified && !isIP(line.host)) {
    return { enableCleartextPlugin: true };
  }
  if (verified) {
    // For an address mysql2 cannot check the name: we do, before the password.
    return {
      authPlugins: guarded(socket => hasIdentity(socket, line), {
        cleartext: true,
      }),
    };
  }
  const isAllowed = line.isLoopback || line.tls.allowInsecurePassword === true;
  return isAllowed ? {} : { authPlugins: guarded(() => false, {}) };
}

/** Whether the certificate is for the address that was asked for. */
export function hasIdentity(socket: unknown, { host, tls }: Line): boolean {
  if (tls.mode !== 'verify-full') {
    return true;
  }
  return (
    socket instanceof TLSSocket &&
    socket.authorized &&
    checkServerIdentity(host, socket.getPeerCertificate()) === undefined
  );
}

function guarded(
  mayRead: (socket: unknown) => boolean,
  options: { cleartext?: boolean },
): Record<string, AuthPlugin> {
  const plugins: Record<string, AuthPlugin> = {
    // The first answer is a challenge's; only "full authentication" needs the password itself.
    caching_sha2_password: guard(
      authPlugins.caching_sha2_password(),
      mayRead,
      data => data.length === 1 && data[0] === FULL_AUTHENTICATION,
    ),
    sha256_password: guard(authPlugins.sha256_password(), mayRead, () => true),
  };
  if (options.cleartext) {
    plugins.mysql_clear_password = guard(
      authPlugins.mysql_clear_password(),
      mayRead,
      () => true,
    );
  }
  return plugins;
}

function guard(
  plugin: AuthPlugin,
  mayRead: (socket: unknown) => boolean,
  asksForPassword: (data: Buffer) => boolean,
): AuthPlugin {
  return metadata => {
    const answer = plugin(metadata);
    return data => {
      if (asksForPassword(data) && !mayRead(streamOf(metadata.connection))) {
        throw Object.assign(
          new Error(
            'The server asks for the password itself, and it is not proved who the server is',
          ),
          { code: INSECURE_PASSWORD },
        );
      }
      return answer(data);
    };
  };
}

/** The socket in use, TLS or not; mysql2 does not name it in its types. */
export function streamOf(connection: Connection): unknown {
  return 'stream' in connection ? connection.stream : undefined;
}
