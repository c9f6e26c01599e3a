export const ApprovalsPage = () => <></>;
