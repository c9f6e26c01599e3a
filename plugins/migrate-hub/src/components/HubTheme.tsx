import { Theme, ThemeProvider, useTheme } from '@mui/material/styles';
import { ReactNode, useMemo } from 'react';

type Components = NonNullable<Theme['components']>;

/**
 * What the portal's theme gives its own tables and tabs, and does not suit dense
 * lists: words broken in the middle, lines without space, tabs in the colour of
 * links, and buttons that shout the names of environments. By component and slot.
 */
const ours = ({ palette, breakpoints }: Theme) => ({
  MuiButton: { root: { textTransform: 'none', whiteSpace: 'nowrap' } },
  MuiToggleButton: { root: { textTransform: 'none' } },
  MuiTabs: {
    root: { minHeight: 40, borderBottom: `1px solid ${palette.divider}` },
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
      [breakpoints.up('md')]: { minWidth: 0 },
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
  return { ...outer, components };
}

/** Around everything that the hub shows, on its own pages and on those of others. */
export const HubTheme = ({ children }: { children: ReactNode }) => {
  const outer = useTheme();
  const theme = useMemo(() => hubTheme(outer), [outer]);
  return <ThemeProvider theme={theme}>{children}</ThemeProvider>;
};
