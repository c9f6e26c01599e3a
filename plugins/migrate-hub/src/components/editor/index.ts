export { EditMigrationPage } from './EditMigrationPage';
export { NewMigrationPage } from './NewMigrationPage';
