import { RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  TestServerName,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from '../../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './FaultTarget';
import { Approved, FaultRule, FaultWorld } from './FaultWorld';
import { violationsOf } from './invariants';
import { gateOf, Place, placeName, places, scriptKinds } from './scripts';

/** One item of a formation, and where it is kept. */
interface Member {
  approved: Approved;
  target: FaultTarget;
  place: Place;
  itemId: string;
}

/** How one item ended. */
export interface Ended {
  engine: TestServerName;
  kind: Approved['kind'];
  place: string;
  item: RunItem;
  violations: string[];
}

/**
 * Items on every engine, one kept at each place where a worker can be, all at
 * the same time: so one fault strikes everywhere at once.
 */
export class Formation {
  readonly #world: FaultWorld;
  readonly #members: Member[];

  /** Uses a target for each place, in the order of `places`. */
  static async plan(
    world: FaultWorld,
    targets: ReadonlyMap<TestServerName, FaultTarget[]>,
  ): Promise<Formation> {
    const members: Member[] = [];
    for (const all of targets.values()) {
      const free = [...all];
      for (const kind of scriptKinds) {
        const some = free.splice(0, places[kind].length);
        const approved = await world.approved(some, kind);
        for (const [index, target] of some.entries()) {
          const item = approved.run.items.find(
            one => one.target.id === target.id,
          );
          if (!item) throw new Error(`no item for ${target.database}`);
          const place = places[kind][index];
          members.push({ approved, target, place, itemId: item.id });
        }
      }
    }
    return new Formation(world, members);
  }

  private constructor(world: FaultWorld, members: Member[]) {
    this.#world = world;
    this.#members = members;
  }

  get targets(): FaultTarget[] {
    return this.#members.map(({ target }) => target);
  }

  get runIds(): string[] {
    return [...new Set(this.#members.map(one => one.approved.run.id))];
  }

  /** Executes all runs and waits until each item is at its place, in the hands of this worker. */
  async takeUp(worker: HubProcess): Promise<void> {
    const rules: FaultRule[] = [];
    for (const { place, itemId, target } of this.#members) {
      const { at, index } = place;
      if (at === 'in_statement') await target.closeGate(gateOf(place));
      else rules.push({ at, index, item: itemId, action: 'delay' });
    }
    await this.#world.setFaults(rules);
    const runs = new Set(this.#members.map(({ approved }) => approved));
    for (const approved of runs) await this.#world.execute(approved);
    for (const { place, itemId, target } of this.#members) {
      await waitUntil(`${target.server.name} is at ${placeName(place)}`, () =>
        place.at === 'in_statement'
          ? target.isAtGate()
          : worker.output.includes(
              `Fail point ${place.at}, delay: run item ${itemId}`,
            ),
      );
    }
  }

  /** Lets everything that is kept go on. */
  async release(): Promise<void> {
    await this.#world.setFaults([]);
    for (const { target } of this.#members) await target.openGate();
  }

  /** Waits for the end of all runs and reads the targets. */
  async ended(): Promise<Ended[]> {
    const items = new Map<string, RunItem>();
    for (const id of this.runIds) {
      const run = await this.#world.user.runEnded(id);
      for (const item of run.items) items.set(item.id, item);
    }
    const results: Ended[] = [];
    for (const { approved, target, place, itemId } of this.#members) {
      const item = items.get(itemId);
      if (!item) throw new Error(`the run has lost its item ${itemId}`);
      const { kind, key } = approved;
      results.push({
        engine: target.server.name,
        kind,
        place: placeName(place),
        item,
        violations: await violationsOf({ target, item, kind, key }),
      });
    }
    return results;
  }
}
