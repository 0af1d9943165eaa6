import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Event } from '@/api/types';
import { reversed, type TagChange, type Tagging, taggingsOf, tagsOf } from '@/features/events/tagging';
import { notifyDone } from '@/ui/notify';
import type { Run } from '@/ui/useRun';

interface TagDialogProps {
  events: Event[];
  run: Run;
  close: () => void;
}

const maxOffered = 16;
const send = (body: Tagging) => bodyOf(api.POST('/events/tags', { body }));

/** Puts a tag on the events, or takes it off. */
export function TagDialog({ events, run, close }: TagDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const tag = text.trim();
  const present = tagsOf(events).slice(0, maxOffered);
  const apply = (change: TagChange) => {
    const items = taggingsOf(events, change, tag);
    const count = items.reduce((sum, { ids }) => sum + ids.length, 0);
    close();
    if (count === 0) return notifyDone(t('tags.nothing'));
    void run({
      title: t('tags.title', { count }),
      items,
      nameOf: ({ ids }) => t('tags.title', { count: ids.length }),
      each: send,
      done: () => t('tags.done', { count }),
      undo: (item) => send(reversed(item)),
      settled: () => client.invalidateQueries({ queryKey: ['events'] }),
    });
  };
  return (
    <Modal opened onClose={close} title={t('tags.title', { count: events.length })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('tags.body')}</Text>
        <TextInput label={t('field.tag')} data-autofocus maxLength={64} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {present.length > 0 && (
          <Group gap="xs" role="group" aria-label={t('tags.present')}>
            {present.map((each) => (
              <Button key={each} size="compact-xs" variant="light" onClick={() => setText(each)}>
                {each}
              </Button>
            ))}
          </Group>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button variant="default" disabled={tag === ''} onClick={() => apply('remove')}>
            {t('tags.remove')}
          </Button>
          <Button disabled={tag === ''} onClick={() => apply('add')}>
            {t('tags.add')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
