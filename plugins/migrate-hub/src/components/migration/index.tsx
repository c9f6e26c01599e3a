export const MigrationPage = () => <></>;
