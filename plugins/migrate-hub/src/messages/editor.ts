/** Texts of "New migration" and "Edit". */
export const editorMessages = {
  editor: {
    newTitle: 'New migration',
    editTitle: 'Edit {{key}}',
    project: 'Project',
    key: 'Key',
    keyHelp:
      'Unique in the whole hub; it stands in the history table of every database and cannot be changed later. Lower-case letters, digits, dot, underscore and hyphen.',
    keyInvalid:
      'Begin with a letter or digit; use only a-z, 0-9, dot, underscore and hyphen.',
    name: 'Name',
    nameHelp: 'What it does, in a few words.',
    jira: 'Jira',
    jiraHelp: 'For example DB-123. Optional.',
    jiraInvalid: 'Must be a Jira key such as DB-123.',
    description: 'Description',
    descriptionHelp: 'For those who approve: why, and what to look at.',
    mode: 'Transaction mode',
    'modeHelp.auto':
      'One transaction where every statement allows it, else statement by statement.',
    'modeHelp.single_transaction':
      'All or nothing. Refused if any statement cannot be in a transaction.',
    'modeHelp.no_transaction':
      'Statement by statement. A failure leaves the statements before it applied.',
    up: 'Up: what to do',
    down: 'Down: how to undo it',
    downHelp:
      'Optional, but without it the hub cannot roll this migration back.',
    required: 'Needed.',
    analysis: 'Analysis',
    analysisEmpty: 'Type SQL to see how it would be cut and run.',
    analysisNoTargets:
      'The project has no targets yet; this is how PostgreSQL would see it.',
    analysing: 'Analysing …',
    create: 'Create {{key}}',
    createPlain: 'Create the migration',
    save: 'Save version {{version}}',
    saveFacts: 'Save changes',
    saving: 'Saving …',
    cancel: 'Discard',
    unchanged: 'Nothing has changed.',
    noProjects: 'There is no project yet',
    noProjectsHelp: 'A migration belongs to a project with its databases.',
    createProject: 'Create a project',
    drop: 'Open a file',
    leave: 'Discard what you have typed?',
  },
  voids: {
    title_one: 'Saving sends 1 run back to approval',
    title_other: 'Saving sends {{count}} runs back to approval',
    text: 'You change what was requested. Each of these runs gets version {{version}}, and the approvals given so far become void:',
    approved: 'its approval becomes void',
    awaiting: 'still waits for approval',
    older:
      'These targets hold the version before. The new one will not run there until it is rolled back:',
    confirmTitle: 'Save version {{version}} of {{key}}?',
    confirm: 'Save version {{version}}',
    checking: 'Looking for open runs …',
  },
  conflict: {
    title: 'Somebody else has changed this migration',
    text: '{{name}} saved version {{version}} {{when}}. Nothing of yours was saved. Compare both, and decide.',
    theirs: 'Theirs (version {{version}})',
    yours: 'Yours (not saved)',
    keepMine: 'Keep mine on top of version {{version}}',
    takeTheirs: 'Discard mine, take theirs',
    up: 'Up',
    down: 'Down',
    sameSql: 'The SQL is the same; other fields were changed.',
  },
} as const;
