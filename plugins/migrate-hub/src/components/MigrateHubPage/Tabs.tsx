import Box from '@mui/material/Box';
import { styled } from '@mui/material/styles';
import { Me } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { NavLink } from 'react-router-dom';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';

const TabLink = styled(NavLink)(({ theme }) => ({
  display: 'block',
  padding: theme.spacing(1.5, 2),
  // All of them are in sight beside the open sidebar of a small window.
  [theme.breakpoints.down('md')]: { paddingInline: theme.spacing(1) },
  color: theme.palette.text.secondary,
  fontSize: '0.9rem',
  fontWeight: 500,
  textDecoration: 'none',
  whiteSpace: 'nowrap',
  borderBottom: '3px solid transparent',
  '&:hover': { color: theme.palette.text.primary },
  '&:focus-visible': {
    outline: `2px solid ${theme.palette.primary.main}`,
    outlineOffset: -2,
  },
  '&[aria-current="page"]': {
    color: theme.palette.text.primary,
    borderBottomColor: theme.palette.primary.main,
  },
}));

/** The pages of the hub; Admin only for those who may. */
export const Tabs = ({ me }: { me?: Me }) => {
  const t = useText();
  const paths = useHubPaths();
  const mayAdminister = me?.allowedActions.includes('administer');
  // The audit trail stands on the Admin page, and managers read it.
  const sees = mayAdminister || me?.user.role === 'manager';

  return (
    <Box
      component="nav"
      aria-label={t('page.tabs')}
      sx={{
        gridArea: 'pageSubheader',
        // What scrolls may shrink to nothing in the grid of the page.
        minHeight: 48,
        backgroundColor: 'background.paper',
        borderBottom: 1,
        borderColor: 'divider',
        overflowX: 'auto',
      }}
    >
      <Box
        component="ul"
        sx={{
          display: 'flex',
          listStyle: 'none',
          margin: 0,
          paddingX: 1.5,
          paddingY: 0,
        }}
      >
        <li>
          <TabLink to={paths.dashboard} end>
            {t('tab.dashboard')}
          </TabLink>
        </li>
        {(['migrations', 'runs', 'approvals', 'databases'] as const).map(
          name => (
            <li key={name}>
              <TabLink to={paths[name]}>{t(`tab.${name}`)}</TabLink>
            </li>
          ),
        )}
        {sees && (
          <li>
            <TabLink to={paths.admin}>{t('tab.admin')}</TabLink>
          </li>
        )}
      </Box>
    </Box>
  );
};
