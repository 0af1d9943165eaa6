// For how many days events are kept: a module without a number of its own is kept for as long as the installation keeps events.
import type { EventRetention } from '@/api/types';

export type RetainedModule = keyof EventRetention['modules'];
export const retainedModules = ['agent', 'anti-malware', 'firewall', 'ips', 'integrity', 'log-inspection', 'manager'] as const satisfies readonly RetainedModule[];

/** What is in the fields: a number, or nothing for the installation's. */
export type Draft = Record<RetainedModule, number | ''>;

export const draftOf = ({ modules }: EventRetention): Draft =>
  Object.fromEntries(retainedModules.map((each) => [each, modules[each] ?? ''])) as Draft;

export const isWhole = (days: number | ''): boolean => days === '' || (Number.isInteger(days) && days >= 1);

/** Kept longer than the installation does is not kept: what is past its limit is what a person should see before it is saved. */
export const isPastLongest = (days: number | '', longest: number): boolean => days !== '' && days > longest;

export const modulesOf = (draft: Draft): EventRetention['modules'] =>
  Object.fromEntries(retainedModules.flatMap((each) => (draft[each] === '' ? [] : [[each, draft[each]]])));

/** Those whose stored events go sooner than they do now. */
export const shortened = (before: EventRetention, draft: Draft): RetainedModule[] => {
  const days = (value: number | '' | undefined) => (value === '' || value === undefined ? before.longest_days : value);
  return retainedModules.filter((each) => days(draft[each]) < days(before.modules[each]));
};
