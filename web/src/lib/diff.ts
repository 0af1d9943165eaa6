// The difference of two policy documents, setting by setting.

export type PolicyDocument = Record<string, Record<string, unknown>>;

export interface SettingChange {
  section: string;
  key: string;
  was: unknown;
  is: unknown;
}

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);

/** Changes from `was` to `is`, sorted; undefined stands for "not set here". */
export function diffDocuments(was: PolicyDocument, is: PolicyDocument): SettingChange[] {
  const changes: SettingChange[] = [];
  for (const section of [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted()) {
    const before = was[section] ?? {};
    const after = is[section] ?? {};
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()) {
      if (!same(before[key], after[key])) changes.push({ section, key, was: before[key], is: after[key] });
    }
  }
  return changes;
}
