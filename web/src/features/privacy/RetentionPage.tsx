import { Button, Group, NumberInput, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { EventRetention } from '@/api/types';
import { retentionQuery } from '@/features/privacy/queries';
import { draftOf, isPastLongest, isWhole, modulesOf, type RetainedModule, retainedModules, shortened } from '@/features/privacy/retention';
import { useConfirm } from '@/ui/confirm';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Gate } from '@/ui/States';
import { privacyPages } from '@/ui/trustPages';
import { useWord } from '@/ui/words';

/** For how long events are kept, by module. */
export function RetentionPage() {
  const { t } = useTranslation();
  const query = useQuery(retentionQuery);
  return (
    <>
      <PageHeader title={t('retention.title')} />
      <PageTabs name="nav.privacy" tabs={privacyPages} />
      <Gate query={query}>
        {query.data && (
          <>
            <Text size="sm" c="dimmed" mb="sm" maw={760}>
              {t('retention.help', { count: query.data.longest_days })}
            </Text>
            <Days key={JSON.stringify(query.data)} saved={query.data} />
          </>
        )}
      </Gate>
    </>
  );
}

function Days({ saved }: { saved: EventRetention }) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const canWrite = useCan('retention:write');
  const [draft, setDraft] = useState(() => draftOf(saved));
  const [ask, confirmation] = useConfirm();
  const save = useMutation({
    mutationFn: () => bodyOf(api.PUT('/events/retention', { body: { modules: modulesOf(draft) } })),
    onSuccess: () => notifyDone(t('common.saved')),
    onSettled: () => client.invalidateQueries({ queryKey: ['privacy'] }),
  });
  const sooner = shortened(saved, draft);
  const isChanged = JSON.stringify(modulesOf(draft)) !== JSON.stringify(modulesOf(draftOf(saved)));
  const isGood = retainedModules.every((each) => isWhole(draft[each]) && !isPastLongest(draft[each], saved.longest_days));
  const names = (modules: RetainedModule[]) => modules.map((each) => word('module', each)).join(', ');
  /** What is kept for less time is deleted, and does not come back. */
  const begin = () =>
    ask({
      title: t('retention.confirmTitle'),
      body: sooner.length > 0 ? t('retention.confirmSooner', { modules: names(sooner) }) : t('retention.confirmLonger'),
      button: t('common.save'),
      run: async () => {
        await save.mutateAsync();
      },
    });
  return (
    <Stack maw={560}>
      <Table verticalSpacing={4} aria-label={t('retention.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('retention.module')}</Table.Th>
            <Table.Th scope="col">{t('retention.days')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {retainedModules.map((each) => (
            <Table.Tr key={each}>
              <Table.Th scope="row" fw={400}>
                {word('module', each)}
              </Table.Th>
              <Table.Td>
                <NumberInput
                  size="xs"
                  w={130}
                  aria-label={t('retention.daysOf', { module: word('module', each) })}
                  placeholder={t('retention.asAll', { count: saved.longest_days })}
                  min={1}
                  max={saved.longest_days}
                  allowDecimal={false}
                  allowNegative={false}
                  clampBehavior="none"
                  disabled={!canWrite}
                  value={draft[each]}
                  error={isPastLongest(draft[each], saved.longest_days) && t('retention.tooLong', { count: saved.longest_days })}
                  onChange={(value) => setDraft({ ...draft, [each]: value === '' ? '' : Number(value) })}
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group>
        <Button size="xs" disabled={!canWrite || !isChanged || !isGood} title={canWrite ? undefined : t('action.noRight')} onClick={begin}>
          {t('common.save')}
        </Button>
      </Group>
      {confirmation}
    </Stack>
  );
}
