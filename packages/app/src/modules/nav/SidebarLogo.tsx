import {
  Link,
  sidebarConfig,
  useSidebarOpenState,
} from '@backstage/core-components';
import Box from '@mui/material/Box';
import { Logo } from './Logo';

export const SidebarLogo = () => {
  const { isOpen } = useSidebarOpenState();

  return (
    <Box
      sx={{
        width: sidebarConfig.drawerWidthClosed,
        height: 3 * sidebarConfig.logoHeight,
        display: 'flex',
        alignItems: 'center',
        marginBottom: '-14px',
        paddingLeft: '20px',
      }}
    >
      <Link to="/" underline="none" aria-label="migrate-hub, home">
        <Logo variant={isOpen ? 'full' : 'icon'} />
      </Link>
    </Box>
  );
};
