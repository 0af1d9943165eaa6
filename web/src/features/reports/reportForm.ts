// A report as its form has it, and back.
import type { Report, ReportCreate, ReportSchedule } from '@/api/types';
import type { Weekday } from '@/features/reports/schedule';
import { isZone } from '@/lib/wall';

export const kinds = ['events', 'alerts', 'incidents', 'hosts', 'integrity'] as const satisfies readonly Report['kind'][];
export const rhythms = ['never', 'day', 'week', 'month'] as const;

export interface ReportForm {
  name: string;
  kind: Report['kind'];
  filter: string;
  range: string;
  every: (typeof rhythms)[number];
  weekday: Weekday;
  day: number | 'last';
  at: string;
  zone: string;
  language: 'en' | 'ja';
  recipients: string[];
}

/** In which language of filters a kind is narrowed; alerts and incidents are told whole. */
export function filterOf(kind: Report['kind']): 'events' | 'hosts' | undefined {
  if (kind === 'hosts') return 'hosts';
  return kind === 'events' || kind === 'integrity' ? 'events' : undefined;
}

/** Of what is new: the day before, each morning of the one who describes it, for themselves. */
export function formOf(report: Report | undefined, own: { zone: string; language: 'en' | 'ja'; me: string | undefined }): ReportForm {
  const schedule = report?.schedule;
  return {
    name: report?.name ?? '',
    kind: report?.kind ?? 'events',
    filter: report?.filter ?? '',
    range: report?.range ?? 'previous-day',
    every: report && !schedule ? 'never' : (schedule?.every ?? 'day'),
    weekday: schedule?.weekday ?? 'mon',
    day: schedule?.day ?? 1,
    at: schedule?.at ?? '08:00',
    zone: schedule?.zone ?? own.zone,
    language: report?.language ?? own.language,
    recipients: report?.recipients ?? (own.me ? [own.me] : []),
  };
}

/** The schedule with what belongs to its rhythm, and nothing else; null for on demand. */
export function scheduleOf({ every, weekday, day, at, zone }: ReportForm): ReportSchedule | null {
  if (every === 'never') return null;
  return { every, at, zone, ...(every === 'week' ? { weekday } : {}), ...(every === 'month' ? { day } : {}) };
}

export function bodyOfForm(form: ReportForm): ReportCreate {
  const { name, kind, filter, range, language, recipients } = form;
  return { name: name.trim(), kind, filter: filterOf(kind) ? filter.trim() : '', range, schedule: scheduleOf(form), language, recipients };
}

const clock = /^([01]\d|2[0-3]):[0-5]\d$/;

export const isTimely = ({ every, at, zone }: ReportForm): boolean => every === 'never' || (clock.test(at) && isZone(zone));
export const isWhole = (form: ReportForm): boolean => form.name.trim() !== '' && form.recipients.length > 0 && isTimely(form);
