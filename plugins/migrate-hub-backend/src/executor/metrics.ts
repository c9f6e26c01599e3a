import {
  ItemStatus,
  Outcome,
  RunStatus,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** What the executor has to tell whoever counts. Durations in seconds, from the first claim. */
export interface ExecutorMetrics {
  runStarted(): void;
  runFinished(run: {
    status: RunStatus;
    type: RunType;
    environment: string;
    seconds: number;
  }): void;
  itemFinished(item: {
    targetId: string;
    environment: string;
    status: ItemStatus;
    outcome?: Outcome;
    seconds: number;
  }): void;
  /** An item was taken over from an executor that fell silent. */
  leaseLost(): void;
}
