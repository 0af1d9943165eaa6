import { Button, Group, MultiSelect, Select, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import { type IncidentSettings, severities } from '@/api/types';
import { incidentTabsOfPage } from '@/features/incidents/pageTabs';
import { channelsQuery, rotasQuery, settingsQuery } from '@/features/incidents/queries';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';

const grades = ['low', 'medium', 'high'] as const;

/** Severity by impact and urgency, and who is told. */
export function SettingsPage() {
  const { t } = useTranslation();
  const query = useQuery(settingsQuery);
  return (
    <>
      <PageHeader title={t('nav.incidents')} />
      <PageTabs name="nav.incidents" tabs={incidentTabsOfPage} />
      <Gate query={query}>{query.data && <Settings saved={query.data} />}</Gate>
    </>
  );
}

function Settings({ saved }: { saved: IncidentSettings }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan('incident-settings:write');
  const canReadChannels = useCan('notices:read');
  const canReadRotas = useCan('rotas:read');
  const channels = useInfiniteQuery({ ...channelsQuery, enabled: canReadChannels }).data?.pages.flatMap((page) => page.items) ?? [];
  const rotas = useInfiniteQuery({ ...rotasQuery, enabled: canReadRotas }).data?.pages.flatMap((page) => page.items) ?? [];
  const [settings, setSettings] = useState(saved);
  const save = useMutation({
    mutationFn: () => bodyOf(api.PUT('/incident-settings', { body: settings })),
    onSuccess: async () => {
      notifyDone(t('common.saved'));
      await client.invalidateQueries({ queryKey: ['incidents', 'settings'] });
    },
  });
  const setCell = (row: number, column: number, value: string | null) => {
    const severity = severities.find((each) => each === value);
    if (severity) setSettings({ ...settings, matrix: settings.matrix.map((cells, i) => cells.map((cell, j) => (i === row && j === column ? severity : cell))) });
  };
  return (
    <Stack maw={760}>
      <Text size="sm">{t('incidents.matrixHelp')}</Text>
      <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('incidents.matrix'), role: 'group' } }}>
        <Table aria-label={t('incidents.matrix')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('incidents.impact')}</Table.Th>
              {grades.map((grade) => (
                <Table.Th key={grade} scope="col">
                  {t('incidents.urgencyIs', { grade: t(`grade.${grade}`) })}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {grades.map((impact, row) => (
              <Table.Tr key={impact}>
                <Table.Th scope="row">{t(`grade.${impact}`)}</Table.Th>
                {grades.map((urgency, column) => (
                  <Table.Td key={urgency}>
                    <Select
                      size="xs"
                      aria-label={t('incidents.cell', { impact: t(`grade.${impact}`), urgency: t(`grade.${urgency}`) })}
                      allowDeselect={false}
                      disabled={!canWrite}
                      value={settings.matrix[row]?.[column] ?? null}
                      onChange={(value) => setCell(row, column, value)}
                      data={severities.map((each) => ({ value: each, label: t(`severity.${each}`) }))}
                    />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Select label={t('incidents.rota')} description={t('incidents.rotaHint')} clearable clearButtonProps={{ 'aria-label': t('common.clear') }} disabled={!canWrite} value={settings.rota ?? null} onChange={(rota) => setSettings({ ...settings, rota })} data={rotas.map((each) => ({ value: each.id, label: each.name }))} />
      <MultiSelect label={t('incidents.channels')} description={t('incidents.channelsHint')} disabled={!canWrite} value={settings.channels} onChange={(chosen) => setSettings({ ...settings, channels: chosen })} data={channels.map((each) => ({ value: each.id, label: each.name }))} />
      {save.isError && <Problem error={save.error} />}
      <Group>
        <Button disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} loading={save.isPending} onClick={() => save.mutate()}>
          {t('common.save')}
        </Button>
      </Group>
    </Stack>
  );
}
