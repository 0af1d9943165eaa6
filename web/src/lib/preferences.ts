// What this browser remembers of its user's taste. Nothing secret, nothing about the tenant.
import { useSyncExternalStore } from 'react';
import { isLocale, type Locale } from '@/lib/i18n';
import type { ZoneChoice } from '@/lib/time';

export interface Preferences {
  locale: Locale | undefined;
  zone: ZoneChoice;
  singleKeys: boolean;
  /** The sections of the navigation that are folded away. */
  folded: readonly string[];
}

const storageKey = 'warder-preferences';
const defaults: Preferences = { locale: undefined, zone: 'local', singleKeys: true, folded: [] };

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Preferences>;
    return {
      locale: isLocale(stored.locale) ? stored.locale : undefined,
      zone: stored.zone === 'UTC' ? 'UTC' : 'local',
      singleKeys: stored.singleKeys !== false,
      folded: Array.isArray(stored.folded) ? stored.folded.filter((each) => typeof each === 'string') : [],
    };
  } catch {
    return defaults;
  }
}

let current = read();
const listeners = new Set<() => void>();

export const getPreferences = () => current;

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(storageKey, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still works.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, getPreferences);
}

/** The language to begin with: chosen here, or the browser's. */
export function firstLocale(): Locale {
  if (current.locale) return current.locale;
  return navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}
