export const AdminPage = () => <></>;
