import { Theme } from '@mui/material/styles';

/** Meaning, not decoration: portal.md says which status has which. */
export type Tone = 'amber' | 'blue' | 'green' | 'grey' | 'red' | 'purple';

/** At least 4.5:1 as text on the paper and the background of Backstage's themes. */
const tones: Record<Tone, { light: string; dark: string }> = {
  amber: { light: '#8a5300', dark: '#ffc26b' },
  blue: { light: '#0b5cad', dark: '#9cc9ff' },
  green: { light: '#1b6b2f', dark: '#8fd694' },
  grey: { light: '#565656', dark: '#cfcfcf' },
  red: { light: '#b3261e', dark: '#ffaba3' },
  purple: { light: '#7b1fa2', dark: '#e3b1f7' },
};

/** For `sx`: `color: toneColor('red')`. */
export const toneColor = (tone: Tone) => (theme: Theme) =>
  tones[tone][theme.palette.mode];
