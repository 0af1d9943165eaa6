import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from '@/ui/Dot.module.css';

/** A coloured mark with its word: the colour alone says nothing. */
export function Dot({ color, children }: { color: string; children: ReactNode }) {
  return (
    <Group gap={6} wrap="nowrap" component="span">
      <span className={classes.dot} style={{ background: color }} aria-hidden />
      <Text component="span" inherit>
        {children}
      </Text>
    </Group>
  );
}
