import { useRouter } from '@tanstack/react-router';
import { type MouseEvent, useCallback } from 'react';

/** What a click on a link to an address of the console does: it is followed within, unless it is to open elsewhere. */
export function useFollow(): (event: MouseEvent, href: string) => void {
  const router = useRouter();
  return useCallback(
    (event, href) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      router.history.push(href);
    },
    [router],
  );
}
