import { Textarea } from '@mantine/core';

export const maxText = 262_144;

/** Rules or lines, as they are in a file. */
export function TextArea({ label, value, set }: { label: string; value: string; set: (text: string) => void }) {
  return (
    <Textarea
      label={label}
      autosize
      minRows={3}
      maxRows={14}
      maxLength={maxText}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
    />
  );
}
