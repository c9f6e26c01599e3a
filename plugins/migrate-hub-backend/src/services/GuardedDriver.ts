import {
  TargetConnection,
  TargetDriver,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { HubError } from '../errors';
import { Drivers } from './planning';
import { Reach } from './Reach';

const ownRecords = ({ database, host }: TargetConnection) =>
  `${database} at ${host} holds the records of the hub itself or of its portal: no migration runs there.`;

/** A driver that connects only where {@link Reach} lets it. */
class GuardedDriver implements TargetDriver {
  readonly #driver: TargetDriver;
  readonly #reach: Reach;

  constructor(driver: TargetDriver, reach: Reach) {
    this.#driver = driver;
    this.#reach = reach;
  }

  get engine() {
    return this.#driver.engine;
  }

  get defaultPort() {
    return this.#driver.defaultPort;
  }

  plan: TargetDriver['plan'] = request => this.#driver.plan(request);

  /** @throws HubError `HOST_NOT_ALLOWED`: whoever typed the host shall change it. */
  test: TargetDriver['test'] = async (connection, options) => {
    const { guarded, refusal } = observed(
      await this.#reach.guarded(connection),
    );
    const result = await this.#driver.test(guarded, options);
    const reason = refusal();
    if (reason) throw hostNotAllowed(reason);
    const own =
      result.identity && (await this.#reach.isOwn(result.identity, connection));
    if (own) throw hostNotAllowed(ownRecords(connection));
    return result;
  };

  /** @throws TargetError `ADDRESS_REFUSED`, or what the driver throws */
  connect: TargetDriver['connect'] = async (connection, options) => {
    const guarded = await this.#reach.guarded(connection);
    const session = await this.#driver.connect(guarded, options);
    if (!(await this.#reach.isOwn(session.identity, connection))) {
      return session;
    }
    await session.close();
    throw new TargetError({
      code: 'ADDRESS_REFUSED',
      message: ownRecords(connection),
    });
  };

  /** @throws TargetError `ADDRESS_REFUSED`, or what the driver throws */
  readHistory: TargetDriver['readHistory'] = async (connection, ask) =>
    this.#driver.readHistory(await this.#reach.guarded(connection), ask);

  /** @throws TargetError `ADDRESS_REFUSED`, or what the driver throws */
  listHistory: TargetDriver['listHistory'] = async (connection, ask) =>
    this.#driver.listHistory(await this.#reach.guarded(connection), ask);
}

/** The same drivers, except that they connect only where they may. */
export const guardDrivers = (drivers: Drivers, reach: Reach): Drivers =>
  new Map(
    [...drivers].map(([engine, driver]) => [
      engine,
      new GuardedDriver(driver, reach),
    ]),
  );

/** Remembers why no address of a host was let through. */
function observed(connection: TargetConnection) {
  let reason: string | undefined;
  let reached = false;
  const guarded: TargetConnection = {
    ...connection,
    refuseAddress: address => {
      const refused = connection.refuseAddress?.(address);
      if (refused === undefined) reached = true;
      else reason ??= refused;
      return refused;
    },
  };
  return { guarded, refusal: () => (reached ? undefined : reason) };
}

function hostNotAllowed(reason: string): HubError {
  return new HubError('HOST_NOT_ALLOWED', reason, {
    details: { issues: [{ path: 'host', message: reason }] },
  });
}
