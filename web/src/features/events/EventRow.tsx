import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event } from '@/api/types';
import classes from '@/features/events/Events.module.css';
import { FilterButtons } from '@/features/events/FilterButtons';
import { Tags } from '@/features/events/Tags';
import { Severity } from '@/ui/Severity';
import { Time } from '@/ui/Time';
import { useWord } from '@/ui/words';

interface EventRowProps {
  event: Event;
  index: number;
  offset: number;
  isActive: boolean;
  isSelected: boolean;
  toggle: (id: string) => void;
  open: (id: string) => void;
}

function Cell({ field, value, label, isWide, children }: { field: string; value: string; label: string; isWide?: boolean; children: ReactNode }) {
  return (
    <span role="gridcell" className={isWide ? `${classes.cell} ${classes.wide}` : classes.cell}>
      <span className={classes.cellText}>{children}</span>
      <FilterButtons field={field} value={value} label={label} isTabStop={false} />
    </span>
  );
}

export const EventRow = memo(function EventRow({ event, index, offset, isActive, isSelected, toggle, open }: EventRowProps) {
  const { t } = useTranslation();
  const word = useWord();
  const module = word('module', event.module);
  const action = word('action_taken', event.action);
  return (
    // The keyboard's way is j, k and Enter, or the button in the row.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-active={isActive || undefined}
      className={classes.row}
      style={{ transform: `translateY(${offset}px)` }}
      onClick={() => open(event.id)}
    >
      <span role="gridcell" className={classes.check}>
        <input
          type="checkbox"
          checked={isSelected}
          tabIndex={-1}
          aria-label={t('events.selectOne', { title: event.title })}
          onClick={(click) => click.stopPropagation()}
          onChange={() => toggle(event.id)}
        />
      </span>
      <span role="gridcell" className={classes.time}>
        <Time value={event.time} milliseconds />
      </span>
      <Cell field="severity" value={event.severity} label={t(`severity.${event.severity}`)}>
        <Severity value={event.severity} />
      </Cell>
      <Cell field="host.name" value={event.host} label={event.host} isWide>
        {event.host}
      </Cell>
      <span role="gridcell" className={classes.cell}>
        <button type="button" className={classes.title} title={event.title} tabIndex={isActive ? 0 : -1}>
          {event.title}
        </button>
        <FilterButtons field="type" value={event.type} label={event.type} isTabStop={false} />
      </span>
      <Cell field="module" value={event.module} label={module} isWide>
        {module}
      </Cell>
      <Cell field="action" value={event.action} label={action} isWide>
        {action}
      </Cell>
      <span role="gridcell" data-rank className={`${classes.rank} ${classes.wide}`}>{event.rank}</span>
      <span role="gridcell" className={classes.wide}>
        <Tags event={event} isTabStop={false} />
      </span>
    </div>
  );
});
