import { Group, Pill } from '@mantine/core';
import type { Event } from '@/api/types';
import classes from '@/features/events/Events.module.css';
import { FilterButtons } from '@/features/events/FilterButtons';

/** The tags of an event, each to be filtered by. */
export function Tags({ event, isTabStop = true }: { event: Event; isTabStop?: boolean }) {
  return (
    <Group component="span" gap={4} wrap="nowrap" className={classes.cellText ?? ''}>
      {(event.tags ?? []).map((tag) => (
        <span key={tag} className={classes.cell}>
          <Pill size="xs" component="span">{tag}</Pill>
          <FilterButtons field="tag" value={tag} label={tag} isTabStop={isTabStop} />
        </span>
      ))}
    </Group>
  );
}
