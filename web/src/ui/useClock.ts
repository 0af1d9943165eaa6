import { useEffect, useState } from 'react';

const stepMs = 30_000;

/** The time, moving on now and then: enough for "5 minutes ago". */
export function useClock(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), stepMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}
