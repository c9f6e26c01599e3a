import { Content, Header, Page } from '@backstage/core-components';
import {
  identityApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { HomePageLayoutProps } from '@backstage/plugin-home-react/alpha';
import Box from '@mui/material/Box';
import { useEffect, useState } from 'react';
import { homeTranslationRef } from './translation';

/** The one that people come for. */
const FIRST = 'MigrateHubWaitingForMe';

/** What waits for me in the wide column, the other widgets beside it. */
export const HomeLayout = ({ widgets }: HomePageLayoutProps) => {
  const { t } = useTranslationRef(homeTranslationRef);
  const name = useName();
  const first = widgets.filter(widget => widget.name === FIRST);
  const others = widgets.filter(widget => widget.name !== FIRST);
  return (
    <Page themeId="home">
      <Header
        title={name ? t('welcome', { name }) : t('title')}
        pageTitleOverride={t('title')}
        subtitle={t('subtitle')}
      />
      <Content>
        <Box
          sx={{
            display: 'grid',
            gridTemplateColumns: {
              xs: 'minmax(0, 1fr)',
              lg: 'minmax(0, 9fr) minmax(0, 5fr)',
            },
            gap: 2,
            alignItems: 'start',
          }}
        >
          {[first, others].map((column, index) => (
            <Box key={index} sx={{ display: 'grid', gap: 2 }}>
              {column.map(widget => (
                <Box key={widget.name}>{widget.component}</Box>
              ))}
            </Box>
          ))}
        </Box>
      </Content>
    </Page>
  );
};

/** How the person who is signed in is called. */
function useName(): string | undefined {
  const identity = useApi(identityApiRef);
  const [name, setName] = useState<string>();
  useEffect(() => {
    let here = true;
    identity.getProfileInfo().then(profile => {
      if (here) setName(profile.displayName ?? profile.email);
    });
    return () => {
      here = false;
    };
  }, [identity]);
  return name;
}
