export const DatabasesPage = () => <></>;
