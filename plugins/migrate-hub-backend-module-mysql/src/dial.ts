import { BlockList, connect, isIP, Socket } from 'net';
import {
  resolveAddresses,
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Milliseconds left of a budget for several steps. */
export class Deadline {
  readonly #end: number;

  constructor(timeoutMs: number) {
    this.#end = performance.now() + timeoutMs;
  }

  get leftMs(): number {
    return Math.max(1, Math.ceil(this.#end - performance.now()));
  }

  /** Fails with the error when the time is up; the promise itself is left alone. */
  async race<T>(promise: Promise<T>, error: () => TargetError): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(error()), this.leftMs);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

export interface Dialled {
  socket: Socket;
  /** The address behind the name that is really connected to. */
  address: string;
  isLoopback: boolean;
}

/**
 * Resolves the host once and connects to that very address, so that nothing can
 * answer under the name in between.
 */
export async function dial(
  target: Pick<TargetConnection, 'host' | 'port' | 'refuseAddress'>,
  deadline: Deadline,
): Promise<Dialled> {
  const { host, port } = target;
  const addresses = await deadline.race(resolveAddresses(target), () =>
    unreachable(`The name ${host} did not resolve in time`),
  );
  let failure: unknown;
  for (const address of addresses) {
    try {
      const socket = await open({ address, host, port }, deadline);
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      return { socket, address, isLoopback: LOOPBACK.check(address, family) };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function open(
  to: { address: string; host: string; port: number },
  deadline: Deadline,
): Promise<Socket> {
  const socket = connect(to.port, to.address);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  const connected = new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      fail(unreachable(explain(to, error)));
    });
  });
  try {
    await deadline.race(connected, () =>
      unreachable(`${to.host}:${to.port} gave no answer in time`),
    );
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function explain(
  { address, host, port }: { address: string; host: string; port: number },
  { code, message }: NodeJS.ErrnoException,
): string {
  const where = address === host ? host : `${host} (${address})`;
  if (code === 'ECONNREFUSED') {
    return `${where} refused the connection to port ${port}: is the server running there, and does it listen on this address?`;
  }
  return `${where} port ${port} could not be reached: ${message}`;
}

export function unreachable(message: string): TargetError {
  return new TargetError({ code: 'UNREACHABLE', message });
}
