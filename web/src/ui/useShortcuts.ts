import { useHotkeys } from '@mantine/hooks';
import { usePreferences } from '@/lib/preferences';

const isControl = (target: EventTarget | null) =>
  target instanceof Element && target.closest('button, a, [role=menuitem], [role=tab], [role=dialog]') !== null;

/** A box to tick takes no letters: keys go on working after one was clicked. */
const isTyping = (target: EventTarget | null) =>
  target instanceof Element && target.matches('textarea, select, [contenteditable=true], input:not([type=checkbox], [type=radio], [type=button])');

/** Behind a dialog that has the floor nothing happens. A drawer beside the page is none. */
const isAnswering = () => document.querySelector('.mantine-Modal-content, .mantine-Spotlight-content, [role=menu]') !== null;

/**
 * Keys pressed alone. They rest while a person types, and can be switched off for good (WCAG 2.1.4). Enter stays with a
 * button or link that has the focus.
 */
export function useShortcuts(keys: Record<string, () => void>): void {
  const { singleKeys } = usePreferences();
  useHotkeys(
    singleKeys
      ? Object.entries(keys).map(([key, run]) => [
          key,
          (event) => {
            if (isTyping(event.target) || (key === 'Enter' && isControl(event.target))) return;
            if (key !== 'shift+?' && isAnswering()) return;
            if (key !== 'Enter') event.preventDefault();
            run();
          },
          { preventDefault: false },
        ])
      : [],
    [],
  );
}
