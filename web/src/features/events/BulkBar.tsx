import { Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useRights } from '@/api/session';
import type { Event } from '@/api/types';
import { useEventActions } from '@/features/events/actions';
import classes from '@/features/events/Events.module.css';
import { refusalOf } from '@/lib/actions';

/** What can be done with the selected events; there is no bar without a selection. */
export function BulkBar({ events, clear }: { events: Event[]; clear: () => void }) {
  const { t } = useTranslation();
  const rights = useRights();
  const { actions, dialogs } = useEventActions();
  if (events.length === 0) return null;
  return (
    <Group gap="xs" className={classes.bulk ?? ''} role="toolbar" aria-label={t('events.bulk')}>
      <Text size="sm" fw={600}>
        {t('events.selected', { count: events.length })}
      </Text>
      {actions.map((action) => {
        const refusal = refusalOf(action, events, rights);
        return (
          <Button
            key={action.id}
            size="compact-xs"
            variant="default"
            disabled={refusal !== undefined}
            title={refusal ? t(refusal) : undefined}
            onClick={() => action.run(events)}
          >
            {t(action.label)}
          </Button>
        );
      })}
      {dialogs}
      <Button size="compact-xs" variant="subtle" onClick={clear}>
        {t('events.clearSelection')}
      </Button>
    </Group>
  );
}
