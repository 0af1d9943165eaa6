// What can be done with a selection, or with everything that matches the filter. There is no bar without a selection; the
// row that the keys are at is offered to the palette and the single keys all the same.
import { Button, Group, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '@/api/session';
import { type Action, refusalOf } from '@/lib/actions';
import { maxMatches } from '@/lib/bulk';
import classes from '@/ui/BulkBar.module.css';
import { notifyFailure } from '@/ui/notify';
import { useOffer } from '@/ui/useOffer';

export type ReadAll<Item> = (tell: (count: number) => void) => Promise<{ items: Item[]; hasMore: boolean }>;

interface BulkBarProps<Item> {
  label: string;
  actions: Action<Item>[];
  /** What is selected. */
  selected: Item[];
  /** Where the keys are; what actions are done to when nothing is selected. */
  active: Item | undefined;
  idOf: (item: Item) => string;
  nameOf: (item: Item) => string;
  clear: () => void;
  /** Everything that matches the filter of the page. Absent: there is no more than what is shown. */
  readAll?: ReadAll<Item> | undefined;
}

export function BulkBar<Item>({ label, actions, selected, active, idOf, nameOf, clear, readAll }: BulkBarProps<Item>) {
  const { t, i18n } = useTranslation();
  const rights = useRights();
  const all = useAll(selected.map(idOf).join(), readAll);
  const targets = useMemo(() => {
    if (selected.length > 0) return all.items ?? selected;
    return active === undefined ? [] : [active];
  }, [selected, all.items, active]);
  const count = targets.length.toLocaleString(i18n.language);
  const [first] = targets;
  useOffer(targets.length === 1 && first !== undefined ? nameOf(first) : t('bulk.selected', { count: targets.length, shown: count }), actions, targets);
  if (selected.length === 0) return null;
  return (
    <Group gap="xs" className={classes.bar ?? ''} role="toolbar" aria-label={label}>
      <Text size="sm" fw={600} role="status">
        {all.items ? t('bulk.all', { count: targets.length, shown: count }) : t('bulk.selected', { count: targets.length, shown: count })}
        {all.hasMore && ` · ${t('bulk.limit', { shown: maxMatches.toLocaleString(i18n.language) })}`}
      </Text>
      {readAll && !all.items && (
        <Button size="compact-xs" variant="subtle" disabled={all.count !== undefined} onClick={() => void all.read()}>
          {all.count === undefined ? t('bulk.selectAll') : t('bulk.reading', { shown: all.count.toLocaleString(i18n.language) })}
        </Button>
      )}
      {actions.map((action) => {
        const refusal = refusalOf(action, targets, rights);
        const Icon = action.icon;
        return (
          <Button
            key={action.id}
            size="compact-xs"
            variant="default"
            disabled={refusal !== undefined || all.count !== undefined}
            title={refusal ? t(refusal) : undefined}
            leftSection={Icon && <Icon size={13} />}
            onClick={() => action.run(targets)}
          >
            {t(action.label)}
          </Button>
        );
      })}
      <Button size="compact-xs" variant="subtle" onClick={clear}>
        {t('bulk.clear')}
      </Button>
    </Group>
  );
}

/** Everything that matches, once it was asked for; forgotten when the selection changes. */
function useAll<Item>(selected: string, readAll: ReadAll<Item> | undefined) {
  const [found, setFound] = useState<{ of: string; items: Item[]; hasMore: boolean }>();
  const [count, setCount] = useState<number>();
  const read = async () => {
    setCount(0);
    try {
      const answer = await readAll?.(setCount);
      if (answer) setFound({ of: selected, ...answer });
    } catch (error) {
      notifyFailure(error);
    } finally {
      setCount(undefined);
    }
  };
  const current = found?.of === selected ? found : undefined;
  return { items: current?.items, hasMore: current?.hasMore ?? false, count, read };
}
