export const NewMigrationPage = () => <></>;
export const EditMigrationPage = () => <></>;
