import { Theme, ThemeProvider, useTheme } from '@mui/material/styles';
import { ReactNode, useMemo } from 'react';
import { toneColor } from './tones';

type Components = NonNullable<Theme['components']>;

/**
 * What the portal's theme gives its own tables and tabs, and does not suit dense
 * lists: words broken in the middle, lines without space, tabs in the colour of
 * links, buttons that shout the names of environments, and chips with a margin of
 * their own. By component and slot.
 */
const ours = ({ palette, breakpoints }: Theme) => ({
  MuiButton: { root: { textTransform: 'none', whiteSpace: 'nowrap' } },
  MuiChip: { root: { margin: 0 } },
  MuiToggleButton: { root: { textTransform: 'none' } },
  MuiTabs: {
    root: {
      minHeight: 40,
      borderBottom: `1px solid ${palette.divider}`,
    },
    // Where there is no way to go the arrow leaves no gap.
    scrollButtons: { '&.Mui-disabled': { width: 0 } },
  },
  MuiTab: {
    root: {
      letterSpacing: 'normal',
      minHeight: 40,
      padding: '8px 16px',
      '&:hover': {
        color: palette.text.primary,
        background: palette.action.hover,
      },
      minWidth: 0,
      [breakpoints.down('md')]: { paddingInline: 12 },
    },
    textColorPrimary: { color: palette.text.secondary },
  },
  MuiTableCell: {
    root: {
      wordBreak: 'normal',
      overflowWrap: 'break-word',
      overflow: 'visible',
      lineHeight: 1.43,
    },
    sizeSmall: { padding: '8px 12px' },
    head: { wordBreak: 'normal', overflow: 'visible', whiteSpace: 'nowrap' },
  },
});

/** The portal's theme, with the overrides of the hub after those of the portal. */
function hubTheme(outer: Theme): Theme {
  const components: Components = { ...outer.components };
  for (const [name, slots] of Object.entries(ours(outer))) {
    const before = outer.components?.[name as keyof ReturnType<typeof ours>];
    const styleOverrides: Record<string, unknown> = {
      ...before?.styleOverrides,
    };
    for (const [slot, style] of Object.entries(slots)) {
      styleOverrides[slot] = [styleOverrides[slot], style];
    }
    Object.assign(components, { [name]: { ...before, styleOverrides } });
  }
  // As text on a dark page the portal's red cannot be read.
  const error = outer.palette.augmentColor({
    color: { main: toneColor('red')(outer) },
    name: 'error',
  });
  return { ...outer, components, palette: { ...outer.palette, error } };
}

/** Around everything that the hub shows, on its own pages and on those of others. */
export const HubTheme = ({ children }: { children: ReactNode }) => {
  const outer = useTheme();
  const theme = useMemo(() => hubTheme(outer), [outer]);
  return <ThemeProvider theme={theme}>{children}</ThemeProvider>;
};
