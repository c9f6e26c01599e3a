import { agentText } from './agentText';

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

it.each([
  [chrome, 'Chrome 140, Linux'],
  [`${chrome} Edg/139.0.1`, 'Edge 139, Linux'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
    'Safari 17, macOS',
  ],
  [
    'Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0',
    'Firefox 131, Android',
  ],
  ['node', 'node'],
  ['x'.repeat(50), `${'x'.repeat(40)}…`],
])('says what %s is', (agent, text) => {
  expect(agentText(agent)).toBe(text);
});
