export const runsMessages = { runs: { title: 'Runs' } } as const;
