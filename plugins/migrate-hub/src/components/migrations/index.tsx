export const MigrationsPage = () => <></>;
