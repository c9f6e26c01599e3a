import { screen } from '@testing-library/react';
import { environments, environmentsWithLive } from '../__testUtils__/answers';
import { renderPage } from '../__testUtils__/renderPage';
import { EnvironmentName } from './EnvironmentName';

const [unprotected] = environments;
const stories = [
  ['the last of the default ones', environments, 'prd', true],
  ['one before it', environments, 'stg', false],
  ['production by another name', environmentsWithLive, 'live', true],
  ['one before that', environmentsWithLive, 'test', false],
  [
    'what the config does not protect, whatever its name',
    [{ ...unprotected, name: 'prd' }],
    'prd',
    false,
  ],
  ['what is not configured any more', environmentsWithLive, 'prd', true],
] as const;

it.each(stories)(
  'marks what is protected: %s',
  async (_, configured, name, marked) => {
    await renderPage(<EnvironmentName name={name} />, {
      answers: {},
      environments: [...configured],
    });
    const { borderLeftStyle } = getComputedStyle(screen.getByText(name));
    expect(borderLeftStyle === 'solid').toBe(marked);
  },
);
