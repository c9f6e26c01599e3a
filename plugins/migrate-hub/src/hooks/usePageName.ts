import { createContext, useContext, useEffect } from 'react';

/** Takes the name of the page that is open; outside of the hub's own pages nobody asks. */
export const PageNameContext = createContext<
  (name: string | undefined) => void
>(() => {});

/** Gives the page its name in the browser's tab and history. */
export function usePageName(name: string | undefined): void {
  const tell = useContext(PageNameContext);
  useEffect(() => {
    tell(name);
    return () => tell(undefined);
  }, [tell, name]);
}
