// Does something to many things: a progress dialog while it lasts, an undo afterwards, and the failures by name.
import { Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { type ReactNode, useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '@/api/problem';
import { doToAll, type Outcome } from '@/lib/bulk';
import { notifyDone } from '@/ui/notify';

export interface Job<Item> {
  title: string;
  items: Item[];
  nameOf: (item: Item) => string;
  each: (item: Item) => Promise<unknown>;
  /** What to say when it was done to so many. */
  done: (count: number) => string;
  /** Takes it back for one that it was done to. */
  undo?: (item: Item) => Promise<unknown>;
  /** When all is over, whatever came of it. */
  settled?: () => unknown;
}

export type Run = <Item>(job: Job<Item>) => Promise<void>;

interface Standing {
  title: string;
  total: number;
  finished: number;
  failures?: { name: string; reason: string }[];
  left: number;
}

const reasonOf = (error: unknown) => (error instanceof ProblemError ? (error.problem.detail ?? error.problem.title) : String(error));

/** Gives the function that does it, and the dialog to render. */
export function useRun(): [Run, ReactNode] {
  const { t } = useTranslation();
  const [standing, setStanding] = useState<Standing>();
  const stop = useRef<AbortController>(undefined);
  const run = useCallback(async function perform<Item>(job: Job<Item>): Promise<void> {
    const controller = new AbortController();
    stop.current = controller;
    const total = job.items.length;
    const show = (finished: number) => total > 1 && setStanding({ title: job.title, total, finished, left: 0 });
    show(0);
    const outcome = await doToAll(job.items, job.each, { tell: show, signal: controller.signal });
    await job.settled?.();
    if (outcome.done.length > 0) tellDone(job, outcome, (again) => void perform(again));
    if (outcome.failed.length === 0 && outcome.left.length === 0) return setStanding(undefined);
    setStanding({
      title: job.title,
      total,
      finished: outcome.done.length,
      failures: outcome.failed.map(({ item, error }) => ({ name: job.nameOf(item), reason: reasonOf(error) })),
      left: outcome.left.length,
    });
  }, []);
  const close = () => {
    stop.current?.abort();
    setStanding(undefined);
  };
  const isOver = standing?.failures !== undefined;
  const dialog = (
    <Modal opened={standing !== undefined} onClose={close} closeOnClickOutside={false} title={standing?.title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      {standing && (
        <Stack>
          <Text size="sm" role="status">
            {t('bulk.progress', { finished: standing.finished, total: standing.total })}
          </Text>
          {!isOver && <progress aria-label={standing.title} max={standing.total} value={standing.finished} style={{ width: '100%' }} />}
          {standing.failures && <Failures failures={standing.failures} />}
          {standing.left > 0 && <Text size="sm">{t('bulk.left', { count: standing.left })}</Text>}
          <Group justify="flex-end">
            <Button variant="default" onClick={isOver ? close : () => stop.current?.abort()}>
              {isOver ? t('common.close') : t('bulk.stop')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
  return [run, dialog];
}

function Failures({ failures }: { failures: { name: string; reason: string }[] }) {
  const { t } = useTranslation();
  if (failures.length === 0) return null;
  return (
    <div role="alert">
      <Text size="sm" fw={600}>
        {t('bulk.failed', { count: failures.length })}
      </Text>
      <List size="sm" mah={260} style={{ overflow: 'auto' }}>
        {failures.map(({ name, reason }) => (
          <List.Item key={name}>
            {name}: {reason}
          </List.Item>
        ))}
      </List>
    </div>
  );
}

function tellDone<Item>(job: Job<Item>, { done }: Outcome<Item>, run: (job: Job<Item>) => void): void {
  const message = job.done(done.length);
  const { undo } = job;
  if (!undo) return notifyDone(message);
  const takeBack = (id: string) => {
    notifications.hide(id);
    run({ title: i18next.t('bulk.undo'), items: done, nameOf: job.nameOf, each: undo, done: () => i18next.t('bulk.undone'), ...(job.settled ? { settled: job.settled } : {}) });
  };
  const id: string = notifications.show({
    color: 'green',
    autoClose: 15_000,
    closeButtonProps: { 'aria-label': i18next.t('common.close') },
    message: (
      <Group gap="xs" justify="space-between">
        <span>{message}</span>
        <Button size="compact-xs" variant="default" onClick={() => takeBack(id)}>
          {i18next.t('bulk.undo')}
        </Button>
      </Group>
    ),
  });
}
