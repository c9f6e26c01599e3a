export const adminMessages = { admin: { title: 'Admin' } } as const;
