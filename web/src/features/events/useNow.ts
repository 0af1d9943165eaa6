import { useCallback, useEffect, useRef, useState } from 'react';

const refreshMs = 15_000;

/** The end of the searched time. It moves on by itself while `mayMove` says so and the page is seen, and when asked. */
export function useNow(mayMove: () => boolean): [Date, () => void] {
  const [now, setNow] = useState(() => new Date());
  const may = useRef(mayMove);
  useEffect(() => {
    may.current = mayMove;
  }, [mayMove]);
  const refresh = useCallback(() => setNow(new Date()), []);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && may.current()) refresh();
    }, refreshMs);
    return () => clearInterval(timer);
  }, [refresh]);
  return [now, refresh];
}
