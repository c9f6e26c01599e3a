/** Texts of the approvals. */
export const approvalsMessages = {
  approvals: {
    title: 'Approvals',
    views: 'Which runs',
    waiting: 'Waiting for approval',
    ready: 'Approved and queued',
    scope: 'Show',
    mine: 'That I may decide',
    all: 'All that wait',
    environment: 'Environment',
    emptyMine: 'Nothing waits for you.',
    emptyMineHint:
      'Runs that you requested, or whose SQL you wrote, are for others to decide.',
    emptyAll: 'Nothing waits for approval.',
    emptyReady: 'Nothing is approved and not yet executed.',
    back: 'Back to the queue',
    gone: 'This run does not wait for approval any more.',
    where: 'Where it would run',
    what: 'What would run',
    difference: 'What changed',
    differenceExecuted: 'Since version {{version}}, which ran before',
    differenceApproved: 'Since version {{version}}, which was approved before',
    differenceNone:
      'Nothing of this migration was approved or executed here before: all of it is new.',
    differenceSame: 'The SQL is the one that ran or was approved before.',
    versionLabel: 'version {{version}}',
    elsewhere: 'How it went so far',
    elsewhereNone: 'It was not executed anywhere yet.',
    undo: 'How to undo it',
    undoBy: 'This down script would be run, under an approval of its own.',
    undoMissing:
      'There is no down script: once applied, it can only be undone by hand or by a new migration.',
    undoRollback:
      'This run is itself the undoing. To apply the migration again, request a new run.',
    downLabel: 'Down script',
    decide: 'Your decision',
    openRun: 'Open the run',
  },
} as const;
