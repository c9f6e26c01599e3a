import { TestServerName } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { setTimeout as sleep } from 'timers/promises';
import { parseArgs } from 'util';
import { Chaos } from './Chaos';
import { FaultTarget } from './FaultTarget';
import { Approved, enginesHere, FaultRule, FaultWorld } from './FaultWorld';
import { violationsOf } from './invariants';
import { Random } from './Random';
import { places, scriptKinds } from './scripts';

const WORKERS = 3;
const TARGETS = 4;
/** So long a run may take, with every worker killed in between. */
const STUCK_MS = 120_000;

const STRIKES = ['exit', 'throw'] as const;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Migrations in a row on one engine, while {@link Chaos} strikes the workers. */
class Stream {
  readonly #world: FaultWorld;
  readonly #random: Random;
  readonly #targets: FaultTarget[];
  readonly #setRules: (rules: FaultRule[]) => Promise<void>;
  migrations = 0;
  items = 0;
  readonly endings = new Map<string, number>();
  readonly violations: string[] = [];

  constructor(options: {
    world: FaultWorld;
    random: Random;
    targets: FaultTarget[];
    setRules: (rules: FaultRule[]) => Promise<void>;
  }) {
    this.#world = options.world;
    this.#random = options.random;
    this.#targets = options.targets;
    this.#setRules = options.setRules;
  }

  async run(until: number): Promise<void> {
    while (Date.now() < until) await this.#migrate();
  }

  async #migrate(): Promise<void> {
    const random = this.#random;
    const kind = random.pick(scriptKinds);
    const approved = await this.#world.approved(this.#targets, kind);
    const rules: FaultRule[] = [];
    for (const { id } of approved.run.items) {
      const { at, index } = random.pick(places[kind]);
      if (at === 'in_statement' || random.chance(0.3)) continue;
      const action = random.chance(0.8) ? 'delay' : random.pick(STRIKES);
      rules.push({ at, index, item: id, action });
    }
    await this.#setRules(rules);
    await this.#world.execute(approved);
    await sleep(random.below(3_000));
    if (random.chance(0.2)) await this.#cancel(approved);
    if (random.chance(0.3)) {
      await random.pick(this.#targets).endHubSessions();
    }
    await this.#setRules([]);
    await this.#judge(approved);
  }

  async #cancel({ run }: Approved): Promise<void> {
    // Over already: that is an answer, too.
    await this.#world.manager
      .call('cancelRun', { params: { id: run.id }, body: { reason: 'soak' } })
      .catch(() => undefined);
  }

  async #judge(approved: Approved): Promise<void> {
    const { run, kind, key, targets } = approved;
    this.migrations += 1;
    const ended = await this.#world.user
      .runEnded(run.id, { withinMs: STUCK_MS })
      .catch(error => {
        this.violations.push(`${key}: ${error.message}`);
      });
    if (!ended) return;
    for (const target of targets) {
      const item = ended.items.find(one => one.target.id === target.id);
      if (!item) throw new Error(`the run ${run.id} has lost an item`);
      this.items += 1;
      const ending = `${item.status}/${item.outcome}`;
      this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
      const found = await violationsOf({ target, item, kind, key });
      for (const one of found) {
        const violation = `${key}, item ${item.id}, attempt ${item.attempt}: ${one}`;
        say(`VIOLATION  ${violation}`);
        this.violations.push(violation);
      }
    }
  }
}

async function soak(options: { minutes: number; seed: number }) {
  const { minutes, seed } = options;
  const world = await FaultWorld.create();
  try {
    const rules = new Map<TestServerName, FaultRule[]>();
    const streams: Stream[] = [];
    for (const [index, engine] of enginesHere.entries()) {
      streams.push(
        new Stream({
          world,
          random: new Random(seed + index + 1),
          targets: await world.createTargets(engine, TARGETS),
          setRules: async mine => {
            rules.set(engine, mine);
            await world.setFaults([...rules.values()].flat());
          },
        }),
      );
    }
    const chaos = new Chaos({ world, random: new Random(seed), say });
    await chaos.begin(WORKERS);
    const until = Date.now() + minutes * 60_000;
    const work = Promise.all(streams.map(stream => stream.run(until)));
    await Promise.all([work, chaos.run({ until, work })]);
    return summary(streams, chaos, seed);
  } finally {
    await world.stop();
  }
}

function summary(streams: Stream[], chaos: Chaos, seed: number): number {
  const total = (of: (stream: Stream) => number) =>
    streams.reduce((sum, stream) => sum + of(stream), 0);
  const endings = new Map<string, number>();
  for (const stream of streams) {
    for (const [ending, count] of stream.endings) {
      endings.set(ending, (endings.get(ending) ?? 0) + count);
    }
  }
  for (const [name, count] of [...endings, ...chaos.faults]) {
    say(`${String(count).padStart(6)}  ${name}`);
  }
  const violations = total(stream => stream.violations.length);
  say(
    `seed ${seed}: ${total(one => one.migrations)} migrations on ${total(
      one => one.items,
    )} targets, ${chaos.total} faults, ${violations} violations`,
  );
  return violations === 0 ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});

soak({ minutes: Number(values.minutes), seed: Number(values.seed) }).then(
  code => process.exit(code),
  error => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
