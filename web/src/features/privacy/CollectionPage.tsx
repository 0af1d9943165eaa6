import { ActionIcon, Alert, Button, Group, Select, Stack, Table, Text } from '@mantine/core';
import { IconDownload, IconPlus, IconQuestionMark, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { Collection, CollectionRule } from '@/api/types';
import { PseudonymDialog } from '@/features/privacy/PseudonymDialog';
import { collectionQuery, noticeQuery } from '@/features/privacy/queries';
import { saveText } from '@/lib/download';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';
import { privacyPages } from '@/ui/trustPages';
import { useWord } from '@/ui/words';

const modules = ['all', 'agent', 'anti-malware', 'firewall', 'ips', 'integrity', 'log-inspection'];
const classes = ['identifier', 'contact', 'content'];

/** What is collected about people: by module what is left out, and what gets a pseudonym. */
export function CollectionPage() {
  const { t } = useTranslation();
  const query = useQuery(collectionQuery);
  const notice = useQuery(noticeQuery);
  const canResolve = useCan('pseudonyms:resolve');
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <PageHeader title={t('collection.title')}>
        <Button size="xs" variant="default" leftSection={<IconQuestionMark size={14} />} disabled={!canResolve} title={canResolve ? undefined : t('action.noRight')} onClick={() => setAsking(true)}>
          {t('pseudonym.title')}
        </Button>
        <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} disabled={!notice.data} onClick={() => saveText('data-collection-notice.json', 'application/json', JSON.stringify(notice.data, undefined, 2))}>
          {t('collection.notice')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.privacy" tabs={privacyPages} />
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('collection.help')}
      </Text>
      <Gate query={query}>{query.data && <Rules key={JSON.stringify(query.data.rules)} collection={query.data} />}</Gate>
      {isAsking && <PseudonymDialog close={() => setAsking(false)} />}
    </>
  );
}

/** The rules as they are, until they are kept. */
function Rules({ collection }: { collection: Collection }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan('privacy:write');
  const [rules, setRules] = useState<CollectionRule[]>(collection.rules);
  const save = useMutation({
    mutationFn: () => bodyOf(api.PUT('/privacy/collection', { body: { rules } })),
    onSuccess: () => notifyDone(t('common.saved')),
    onSettled: () => client.invalidateQueries({ queryKey: ['privacy'] }),
  });
  const change = (index: number, part: Partial<CollectionRule>) => setRules(rules.map((each, at) => (at === index ? { ...each, ...part } : each)));
  const isChanged = JSON.stringify(rules) !== JSON.stringify(collection.rules);
  return (
    <Stack maw={900}>
      <Alert color={collection.agents_may_forward ? 'gray' : 'yellow'}>{t(collection.agents_may_forward ? 'collection.agentsForward' : 'collection.agentsDoNot')}</Alert>
      {rules.length === 0 ? (
        <Text size="sm">{t('collection.none')}</Text>
      ) : (
        <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('collection.rules'), role: 'group' } }}>
          <Table verticalSpacing={4} aria-label={t('collection.rules')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('collection.module')}</Table.Th>
                <Table.Th scope="col">{t('collection.data')}</Table.Th>
                <Table.Th scope="col">{t('collection.treatment')}</Table.Th>
                <Table.Th scope="col">{t('common.actions')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rules.map((rule, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- a rule has no other name than its place
                <Rule key={index} number={index + 1} rule={rule} groups={collection.groups} disabled={!canWrite} change={(part) => change(index, part)} remove={() => setRules(rules.filter((_, at) => at !== index))} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {save.isError && <Problem error={save.error} />}
      <Group>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setRules([...rules, { module: 'all', data: 'users', treatment: 'pseudonym' }])}>
          {t('collection.add')}
        </Button>
        <Button size="xs" disabled={!canWrite || !isChanged} loading={save.isPending} onClick={() => save.mutate()}>
          {t('common.save')}
        </Button>
      </Group>
    </Stack>
  );
}

interface RuleProps {
  number: number;
  rule: CollectionRule;
  groups: Collection['groups'];
  disabled: boolean;
  change: (part: Partial<CollectionRule>) => void;
  remove: () => void;
}

function Rule({ number, rule, groups, disabled, change, remove }: RuleProps) {
  const { t } = useTranslation();
  const word = useWord();
  const known = [...new Set([...modules, rule.module])];
  const fields = [...new Set(groups.flatMap((group) => group.fields))].toSorted();
  const isOther = ![...classes, ...fields].includes(rule.data) && !groups.some(({ name }) => name === rule.data);
  return (
    <Table.Tr>
      <Table.Td>
        <Select size="xs" aria-label={t('collection.moduleOf', { number })} allowDeselect={false} disabled={disabled} value={rule.module} onChange={(module) => module && change({ module })} data={known.map((each) => ({ value: each, label: each === 'all' ? t('collection.allModules') : word('module', each) }))} />
      </Table.Td>
      <Table.Td>
        <Select
          size="xs"
          aria-label={t('collection.dataOf', { number })}
          searchable
          allowDeselect={false}
          disabled={disabled}
          value={rule.data}
          onChange={(data) => data && change({ data })}
          data={[
            { group: t('collection.groups'), items: groups.map(({ name }) => name) },
            { group: t('collection.classes'), items: classes },
            { group: t('collection.fields'), items: isOther ? [...fields, rule.data] : fields },
          ]}
        />
      </Table.Td>
      <Table.Td>
        <Select size="xs" aria-label={t('collection.treatmentOf', { number })} allowDeselect={false} disabled={disabled} value={rule.treatment} onChange={(treatment) => treatment && change({ treatment: treatment as CollectionRule['treatment'] })} data={(['off', 'pseudonym'] as const).map((each) => ({ value: each, label: t(`collection.${each}`) }))} />
      </Table.Td>
      <Table.Td>
        <ActionIcon variant="subtle" color="gray" disabled={disabled} aria-label={t('collection.removeOf', { number })} onClick={remove}>
          <IconTrash size={16} />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  );
}
