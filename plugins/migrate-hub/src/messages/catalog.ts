/** Texts of the entity's tab and card, and of the card for the home page. */
export const catalogMessages = {
  catalog: {
    title: 'Migrations',
    none: 'No migrations of this component yet',
    noneHelp: 'Create the first for project {{project}}.',
    all: 'All migrations of {{project}}',
    create: 'New migration',
    toDashboard: 'All that is going on',
    toMigrations: 'All migrations',
    nothingPending: 'Nothing is pending.',
  },
} as const;
