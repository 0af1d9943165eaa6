import { Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useShortcuts } from '@/ui/useShortcuts';

/** One of a list; what is chosen is told as undefined when it is taken back. */
export interface Choice {
  label: string;
  value: string | undefined;
  data: ({ value: string; label: string } | string)[];
  onChange: (value: string | undefined) => void;
}

interface FilterBarProps {
  label: string;
  text: string;
  /** Told once the typing rests. */
  onText: (text: string | undefined) => void;
  choices: readonly Choice[];
  children?: ReactNode;
}

/** What a list is narrowed by: words, which `/` leads to, and choices. */
export function FilterBar({ label, text, onText, choices, children }: FilterBarProps) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  const known = useRef(text);
  const tell = useDebouncedCallback((words: string) => {
    known.current = words;
    onText(words || undefined);
  }, 250);
  // A text that was not typed here, as that of a view: it is shown in place of what was typed.
  useEffect(() => {
    if (text === known.current) return;
    known.current = text;
    setTyped(text);
  }, [text]);
  useShortcuts({ '/': () => input.current?.focus() });
  return (
    <Group gap="xs" mb="xs">
      <TextInput
        ref={input}
        size="xs"
        w="min(100%, 240px)"
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          tell(event.currentTarget.value);
        }}
      />
      {choices.map((choice) => (
        <Select
          key={choice.label}
          size="xs"
          w="min(100%, 180px)"
          clearable
          searchable={choice.data.length > 10}
          aria-label={choice.label}
          placeholder={choice.label}
          value={choice.value ?? null}
          onChange={(value) => choice.onChange(value ?? undefined)}
          data={choice.data}
        />
      ))}
      {children}
    </Group>
  );
}
