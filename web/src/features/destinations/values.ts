// What the form of a destination holds.
import { z } from 'zod';
import type { Destination } from '@/api/types';
import { kindNames, kindOf, kinds, missingSettings, shownSettings } from '@/features/destinations/kinds';

const shape = z.object({
  name: z.string().trim().min(1).max(100),
  kind: z.enum(kindNames),
  settings: z.record(z.string(), z.union([z.string().max(65_536), z.number(), z.boolean()])),
  secret: z.string().max(16_384),
  format: z.enum(['cef', 'leef', 'ocsf', 'json']),
  names: z.enum(['warder', 'deep-security']),
  floor: z.enum(['info', 'low', 'medium', 'high', 'critical']),
  filter: z.string().max(10_000),
});
export type DestinationValues = z.infer<typeof shape>;

/** `required` is what is said of a setting that must be there. A secret that is stored need not be given again. */
export const schemaWith = (required: string, hasSecret: boolean) =>
  shape.superRefine((values, context) => {
    for (const key of missingSettings(values.kind, values.settings)) context.addIssue({ code: 'custom', path: ['settings', key], message: required });
    if (kinds[values.kind].needsSecret && !hasSecret && !values.secret) context.addIssue({ code: 'custom', path: ['secret'], message: required });
  });

export function valuesOf(destination: Destination | undefined): DestinationValues {
  const kind = kindOf(destination?.kind ?? 'syslog');
  return {
    name: destination?.name ?? '',
    kind,
    settings: shownSettings(kind, destination?.settings),
    secret: '',
    format: destination?.format ?? 'cef',
    names: destination?.names ?? 'warder',
    floor: destination?.floor ?? 'info',
    filter: destination?.filter ?? '',
  };
}
