import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** Every text of the home page that is not a widget's own. */
export const homeTranslationRef = createTranslationRef({
  id: 'migrate-hub-home',
  messages: {
    title: 'Home',
    welcome: 'Welcome, {{name}}',
    subtitle: 'What waits for you, and what you look at often',
  },
});
