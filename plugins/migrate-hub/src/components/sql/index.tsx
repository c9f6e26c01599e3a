import { ReactNode, Suspense, lazy } from 'react';
import { BlockSkeleton } from '../Skeletons';
import type { SqlDiffProps } from './SqlDiff';
import type { SqlEditorProps } from './SqlEditor';
import type { SqlViewProps } from './SqlView';

/*
 * CodeMirror is several times as heavy as all the rest of the plugin: it is
 * loaded with the first SQL that is shown.
 */
const LazyView = lazy(() => import('./SqlView'));
const LazyDiff = lazy(() => import('./SqlDiff'));
const LazyEditor = lazy(() => import('./SqlEditor'));

const WhenLoaded = ({ children }: { children: ReactNode }) => (
  <Suspense fallback={<BlockSkeleton height={160} />}>{children}</Suspense>
);

/** SQL to read, with line numbers. */
export const SqlView = (props: SqlViewProps) => (
  <WhenLoaded>
    <LazyView {...props} />
  </WhenLoaded>
);

/** Two texts, side by side or in one column, with what differs marked. */
export const SqlDiff = (props: SqlDiffProps) => (
  <WhenLoaded>
    <LazyDiff {...props} />
  </WhenLoaded>
);

/** SQL to write, with problems marked at their line. */
export const SqlEditor = (props: SqlEditorProps) => (
  <WhenLoaded>
    <LazyEditor {...props} />
  </WhenLoaded>
);
