import { Button, Checkbox, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { Event } from '@/api/types';
import { canAllow, untilOf, type Validity, validities } from '@/ui/explanation';
import type { Run } from '@/ui/useRun';

interface ExplainDialogProps {
  events: Event[];
  run: Run;
  close: () => void;
}

/** A person says that these changes were expected; the same content can be allowed for all hosts of the policy. */
export function ExplainDialog({ events, run, close }: ExplainDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [allow, setAllow] = useState(false);
  const [validity, setValidity] = useState<Validity>('always');
  const isAllowable = events.every(canAllow);
  const explain = () => {
    const until = untilOf(validity, new Date());
    const body = { reason: reason.trim(), ...(allow ? { allow, ...(until ? { until } : {}) } : {}) };
    void run({
      title: t('explain.title', { count: events.length }),
      items: events,
      nameOf: (event) => event.title,
      each: (event) => bodyOf(api.POST('/events/{id}/explanation', { params: { path: { id: event.id } }, body })),
      done: (count) => t('explain.done', { count }),
      settled: () => client.invalidateQueries({ queryKey: ['events'] }),
    });
    close();
  };
  return (
    <Modal opened onClose={close} title={t('explain.title', { count: events.length })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('explain.body')}</Text>
        <Textarea
          label={t('explain.reason')}
          required
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Checkbox
          label={t('explain.allow')}
          description={isAllowable ? t('explain.allowHint') : t('explain.notAllowable')}
          disabled={!isAllowable}
          checked={allow}
          onChange={(event) => setAllow(event.currentTarget.checked)}
        />
        {allow && (
          <Select
            label={t('explain.validity')}
            allowDeselect={false}
            value={validity}
            onChange={(value) => setValidity(value as Validity)}
            data={validities.map((value) => ({ value, label: t(`explain.${value}`) }))}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button disabled={reason.trim() === ''} onClick={explain}>
            {t('explain.button')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
