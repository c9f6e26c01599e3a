export const DashboardPage = () => <></>;
