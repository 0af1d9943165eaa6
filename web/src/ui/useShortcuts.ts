import { useHotkeys } from '@mantine/hooks';
import { usePreferences } from '@/lib/preferences';

/** Keys pressed alone. They rest while a person types, and can be switched off for good (WCAG 2.1.4). */
export function useShortcuts(keys: Record<string, () => void>): void {
  const { singleKeys } = usePreferences();
  useHotkeys(singleKeys ? Object.entries(keys).map(([key, run]) => [key, () => run()]) : []);
}
