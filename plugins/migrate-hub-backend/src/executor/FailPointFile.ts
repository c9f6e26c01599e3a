import { readFile } from 'fs/promises';
import { setTimeout as sleep } from 'timers/promises';
import {
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { z } from 'zod/v4';
import { FailPoint, failPointNames } from './failPoints';

const SETTING = 'migrateHub.executor.failPoints';
const LOOK_AGAIN_MS = 20;

const rulesSchema = z.array(
  z.strictObject({
    at: z.enum(failPointNames),
    /**
     * - `exit`: the process is gone at once, as after a kill -9
     * - `stop`: the process is stopped until somebody sends SIGCONT
     * - `throw`: an error of the hub's own
     * - `delay`: goes on once the rule is no longer in the file
     */
    action: z.enum(['exit', 'stop', 'throw', 'delay']),
    /** Only this run item. */
    item: z.string().optional(),
    /** Only at this statement, where a statement is concerned. */
    index: z.int().optional(),
    /** Only in this attempt. A worker that takes over is not struck again. */
    attempt: z.int().default(1),
  }),
);

type Rule = z.infer<typeof rulesSchema>[number];

/**
 * Makes this process fail where a file says so, for tests that kill real
 * processes. Read anew at every fail point, so that a test can change it while
 * the process runs.
 *
 * @returns undefined unless `migrateHub.executor.failPoints` names a file
 * @throws Error in production
 */
export function failPointFromFile(options: {
  config: RootConfigService;
  logger: LoggerService;
}): FailPoint | undefined {
  const { config, logger } = options;
  const file = config.getOptionalString(SETTING);
  if (file === undefined) return undefined;
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      `${SETTING} is for tests: it makes executors die on purpose. Remove it from the config of production.`,
    );
  }
  logger.warn(`This executor fails where ${file} says so`);
  return async (name, at) => {
    const find = async () =>
      (await rulesIn(file)).find(
        rule =>
          rule.at === name &&
          (rule.item ?? at.itemId) === at.itemId &&
          (rule.index ?? at.index) === at.index &&
          rule.attempt === at.attempt,
      );
    const rule = await find();
    if (!rule) return;
    logger.warn(
      `Fail point ${name}, ${rule.action}: run item ${at.itemId}, attempt ${at.attempt}`,
    );
    switch (rule.action) {
      case 'exit':
        process.kill(process.pid, 'SIGKILL');
        break;
      case 'stop':
        process.kill(process.pid, 'SIGSTOP');
        break;
      case 'throw':
        throw new Error(`fail point ${name}`);
      default:
        while (await find()) await sleep(LOOK_AGAIN_MS);
    }
  };
}

async function rulesIn(file: string): Promise<Rule[]> {
  try {
    return rulesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
