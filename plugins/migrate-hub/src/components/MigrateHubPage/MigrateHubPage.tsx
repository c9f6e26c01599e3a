import { Content, Header, Page } from '@backstage/core-components';
import { useRef, useState } from 'react';
import { HubContext } from '../../hooks/useHub';
import { useHubLoad } from '../../hooks/useHubLoad';
import { useKeptFocus } from '../../hooks/useKeptFocus';
import { PageNameContext } from '../../hooks/usePageName';
import { useText } from '../../hooks/useText';
import { HubTheme } from '../HubTheme';
import { Loaded } from '../Section';
import { PageSkeleton } from '../Skeletons';
import { KeyboardHelp } from './KeyboardHelp';
import { Pages } from './Pages';
import { Tabs } from './Tabs';

/** The hub in the portal: its pages behind tabs. */
export const MigrateHubPage = () => {
  const t = useText();
  const [pageName, setPageName] = useState<string>();
  const load = useHubLoad();
  const content = useRef<HTMLDivElement>(null);
  useKeptFocus(content);

  return (
    <HubTheme>
      <Page themeId="tool">
        <Header
          title={t('page.title')}
          pageTitleOverride={
            pageName && t('page.documentTitle', { page: pageName })
          }
          subtitle={t('page.subtitle')}
        >
          <KeyboardHelp />
        </Header>
        <Tabs me={load.value?.me} />
        <Content>
          <div ref={content}>
            <Loaded load={load} skeleton={<PageSkeleton />}>
              {value => (
                <HubContext.Provider value={value}>
                  <PageNameContext.Provider value={setPageName}>
                    <Pages />
                  </PageNameContext.Provider>
                </HubContext.Provider>
              )}
            </Loaded>
          </div>
        </Content>
      </Page>
    </HubTheme>
  );
};
