// A route as the form has it, and back.
import type { AlertRoute } from '@/api/types';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface RouteForm {
  name: string;
  severity: AlertRoute['severity'];
  rules: string[];
  days: string[];
  from: string;
  until: string;
  time_zone: string;
  channels: string[];
  rota: string | null;
}

const isDay = (text: string): text is Weekday => weekdays.some((each) => each === text);
/** In the order of the week, each once. */
const inOrder = (days: readonly string[]) => weekdays.filter((each) => days.includes(each));

export const formOf = (route: AlertRoute | undefined, zone: string): RouteForm => ({
  name: route?.name ?? '',
  severity: route?.severity ?? 'info',
  rules: route?.rules ?? [],
  days: inOrder(route ? route.days.split(',') : weekdays),
  from: route?.from ?? '00:00',
  until: route?.until ?? '24:00',
  time_zone: route?.time_zone ?? zone,
  channels: route?.channels ?? [],
  rota: route?.rota ?? null,
});

export const bodyOfForm = (form: RouteForm) => ({ ...form, name: form.name.trim(), days: inOrder(form.days).join(',') });

/** Somebody is told, on some day. */
export const isWhole = ({ name, channels, rota, days }: RouteForm) => name.trim() !== '' && days.length > 0 && (channels.length > 0 || rota !== null);

/** Undefined: always. Else its days, none when it is every day, and its hours. */
export function hoursOf({ days, from, until, time_zone: zone }: Pick<AlertRoute, 'days' | 'from' | 'until' | 'time_zone'>) {
  const named = days.split(',').filter(isDay);
  const isEveryDay = named.length === weekdays.length;
  if (isEveryDay && from === '00:00' && until === '24:00') return undefined;
  return { days: isEveryDay ? [] : inOrder(named), hours: `${from}–${until}`, zone };
}

/** A day of the week by its short name in the language. */
export function weekdayName(day: Weekday, locale: string): string {
  // 2024-01-01 was a Monday.
  const date = new Date(Date.UTC(2024, 0, 1 + weekdays.indexOf(day)));
  return new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(date);
}
