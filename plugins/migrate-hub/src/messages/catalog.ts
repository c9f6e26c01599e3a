/** Texts of the entity's tab and card, and of the card for the home page. */
export const catalogMessages = {
  catalog: {
    title: 'Migrations',
    pending: 'In progress or waiting',
    recent: 'Latest migrations',
    none: 'No migrations of this component yet.',
    noneHelp: 'Create the first for project {{project}}.',
    unknownProject: 'The hub has no project {{project}}',
    unknownProjectHelp:
      'The annotation migrate-hub/project names a project that does not exist. Create it, or correct the annotation.',
    all: 'All migrations of {{project}}',
    create: 'New migration',
    waiting: 'Waiting for me',
    toDatabases: 'To the databases',
    nothingPending: 'Nothing is pending.',
  },
} as const;
