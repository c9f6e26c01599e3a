export const approvalsMessages = { approvals: { title: 'Approvals' } } as const;
