import { RefObject, useEffect } from 'react';

/**
 * Whoever works by keyboard stays where they were: when what has the focus is
 * taken away (a button of something that is done, a row that was filtered out),
 * what it stood in takes the focus, and not the top of the page.
 */
export function useKeptFocus(within: RefObject<HTMLElement>): void {
  useEffect(() => {
    const root = within.current;
    if (!root) return undefined;
    /** What had the focus last, and what it stands in, from the inside out. */
    let path: HTMLElement[] = [];

    const remember = ({ target }: FocusEvent) => {
      path = [];
      for (
        let element = target instanceof HTMLElement ? target : undefined;
        element && element !== root.parentElement;
        element = element.parentElement ?? undefined
      ) {
        path.push(element);
      }
    };
    const keep = () => {
      const lost = path.length > 0 && !path[0].isConnected;
      if (!lost || document.activeElement !== document.body) return;
      const stays = path.find(element => element.isConnected) ?? root;
      if (stays.tabIndex < 0) stays.tabIndex = -1;
      stays.focus({ preventScroll: true });
    };

    root.addEventListener('focusin', remember);
    // A dialog that closes gives the focus back to what opened it, if that is still there.
    document.addEventListener('focusout', keep);
    const changes = new MutationObserver(keep);
    changes.observe(root, { childList: true, subtree: true });
    return () => {
      root.removeEventListener('focusin', remember);
      document.removeEventListener('focusout', keep);
      changes.disconnect();
    };
  }, [within]);
}
