import { createApp } from '@backstage/frontend-defaults';
import ReactDOM from 'react-dom/client';
import migrateHubPlugin from '../src/alpha';

// The pages alone, against the backend of the config (`npm start` runs one).
const root = document.getElementById('root');
if (!root) throw new Error('the page has no element with the id root');
ReactDOM.createRoot(root).render(
  createApp({ features: [migrateHubPlugin] }).createRoot(),
);
