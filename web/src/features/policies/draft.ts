// A policy's document while it is edited. Only what the policy sets itself is in it; all else is inherited.
import type { EffectiveSetting } from '@/api/types';
import type { PolicyDocument } from '@/lib/diff';
import { isSettingValue, problemOf, type SectionSchema, type SettingProblem, type SettingSchema, type SettingValue } from '@/lib/schema';

/** Sets one setting, or with undefined lets it be inherited again. Empty sections do not stay. */
export function withSetting(document: PolicyDocument, section: string, key: string, value: SettingValue | undefined): PolicyDocument {
  const settings = { ...document[section] };
  if (value === undefined) delete settings[key];
  else settings[key] = value;
  const next = { ...document, [section]: settings };
  if (Object.keys(settings).length === 0) delete next[section];
  return next;
}

export interface Inherited {
  value: SettingValue;
  /** The policy that sets it; undefined for the built-in default. */
  origin: { id: string; name: string } | undefined;
}

/** What a setting is without this policy's word: its parent's effective value, or the default. */
export function inheritedValue(parent: readonly EffectiveSetting[] | undefined, section: string, schema: SettingSchema): Inherited {
  const found = parent?.find((each) => each.section === section && each.key === schema.key);
  if (!found || !isSettingValue(found.value)) return { value: schema.fallback, origin: undefined };
  return { value: found.value, origin: found.origin ?? undefined };
}

/** What is wrong in a document, by JSON pointer. */
export function problemsOf(sections: readonly SectionSchema[], document: PolicyDocument): Map<string, SettingProblem> {
  const problems = new Map<string, SettingProblem>();
  for (const section of sections) {
    for (const schema of section.settings) {
      const value = document[section.name]?.[schema.key];
      const problem = isSettingValue(value) ? problemOf(schema, value) : undefined;
      if (problem) problems.set(`/${section.name}/${schema.key}`, problem);
    }
  }
  return problems;
}

/** The manager's complaint about a setting, from pointers such as "/document/integrity/watch/2" or "/integrity/watch". */
export function refusalsOf(errors: readonly { pointer: string; detail: string }[]): Map<string, string> {
  const refusals = new Map<string, string>();
  for (const { pointer, detail } of errors) {
    const [section, key] = pointer.replace(/^\/document/, '').split('/').slice(1);
    if (section && key) refusals.set(`/${section}/${key}`, detail);
  }
  return refusals;
}
