import { KitContext } from './KitContext';
import { bigStories } from './stories/big';
import { connectionStories } from './stories/connection';
import { failureStories } from './stories/failures';
import { lockStories } from './stories/lock';
import { planStories } from './stories/plan';
import { predecessorStories } from './stories/predecessor';
import { poisonStories } from './stories/poison';
import { recordStories } from './stories/record';
import { DriverConformanceOptions } from './types';

/**
 * Declares the tests that every target driver must pass, against a real server.
 * Call it at the top level of a Jest test file.
 *
 * @public
 */
export function describeTargetDriver(options: DriverConformanceOptions): void {
  const suite = options.server ? describe : describe.skip;

  suite(`Target driver for ${options.name}`, () => {
    const kit = new KitContext(options);
    const teller = { chapter: describe, story: it };

    // Pure stories first: they need no database.
    planStories(kit, teller);

    describe('with a database', () => {
      beforeEach(() => kit.setUp());
      afterEach(() => kit.tearDown());

      connectionStories(kit, teller);
      lockStories(kit, teller);
      predecessorStories(kit, teller);
      recordStories(kit, teller);
      failureStories(kit, teller);
      poisonStories(kit, teller);
      bigStories(kit, teller);
    });
  });
}
