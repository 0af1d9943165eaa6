import { Button, Group, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import { momentOf, written } from '@/features/incidents/moments';
import type { OfIncident } from '@/features/incidents/queries';
import { usePreferences } from '@/lib/preferences';
import { Problem } from '@/ui/Problem';
import { useWord } from '@/ui/words';

/** Counts stored events with personal data, and whose, in a stretch of time. */
export function AffectedForm({ incident }: OfIncident) {
  const { t, i18n } = useTranslation();
  const word = useWord();
  const canWrite = useCan('incidents:write');
  const { zone } = usePreferences();
  const [filter, setFilter] = useState('');
  const [from, setFrom] = useState(() => written(new Date(incident.occurred), zone));
  const [to, setTo] = useState('');
  const [start, end] = [momentOf(from, zone), momentOf(to, zone)];
  const count = useMutation({
    mutationFn: () => bodyOf(api.POST('/incidents/{id}/affected', { params: { path: { id: incident.id } }, body: { ...(filter.trim() ? { filter } : {}), ...(start ? { from: start } : {}), ...(end ? { to: end } : {}) } })),
  });
  const number = (value: number) => value.toLocaleString(i18n.language);
  return (
    <section>
      <Title order={2} size="h5" mb="xs">
        {t('breach.affected')}
      </Title>
      <Stack gap="xs">
        <Group align="end" gap="xs">
          <TextInput label={t('destinations.filter')} maxLength={8192} disabled={!canWrite} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} flex={1} />
          <TextInput label={t('range.from')} disabled={!canWrite} value={from} error={start ? undefined : t('form.invalid')} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput label={t('range.to')} placeholder={t('range.now')} disabled={!canWrite} value={to} error={end || to === '' ? undefined : t('form.invalid')} onChange={(event) => setTo(event.currentTarget.value)} />
          <Button variant="default" disabled={!canWrite || !start || (to !== '' && !end)} loading={count.isPending} onClick={() => count.mutate()}>
            {t('breach.count')}
          </Button>
        </Group>
        {count.isError && <Problem error={count.error} />}
        {count.data && (
          <>
            <Text size="sm" role="status">
              {t('breach.counted', { events: number(count.data.events), personal: number(count.data.with_personal_data), persons: number(count.data.persons) })}
              {!count.data.complete && ` ${t('breach.incomplete')}`}
            </Text>
            {count.data.fields.length > 0 && (
              <Table aria-label={t('breach.fields')} maw={620}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t('breach.field')}</Table.Th>
                    <Table.Th scope="col">{t('breach.class')}</Table.Th>
                    <Table.Th scope="col">{t('nav.events')}</Table.Th>
                    <Table.Th scope="col">{t('breach.values')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {count.data.fields.map((field) => (
                    <Table.Tr key={field.field}>
                      <Table.Td>{word('field', field.field)}</Table.Td>
                      <Table.Td>{field.personal_data}</Table.Td>
                      <Table.Td>{number(field.events)}</Table.Td>
                      <Table.Td>{number(field.values)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </>
        )}
      </Stack>
    </section>
  );
}
