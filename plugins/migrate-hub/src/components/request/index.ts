export { RequestDialog } from './RequestDialog';
export type { RequestStart } from './RequestDialog';
