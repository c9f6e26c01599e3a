export const databasesMessages = { databases: { title: 'Databases' } } as const;
