import { HealthFinding } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { administerRefusal } from '../domain/actions';
import { CommandContext } from './context';
import { refuse } from './refuse';

/** Who knows how the parts of the hub are on this replica. */
export interface HealthReporter {
  report(): Promise<HealthFinding[]>;
}

/** The health of the hub for admins; probes read it from Backstage's readiness. */
export class HealthReports {
  readonly #reporter: HealthReporter;

  private constructor(reporter: HealthReporter) {
    this.#reporter = reporter;
  }

  static create(reporter: HealthReporter): HealthReports {
    return new HealthReports(reporter);
  }

  /** @throws HubError `ROLE_REQUIRED` unless the caller is an admin. */
  async read(context: CommandContext): Promise<{ items: HealthFinding[] }> {
    refuse(administerRefusal(context.caller));
    return { items: await this.#reporter.report() };
  }
}
