import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { accessPolicyQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { AccessPolicy, AccessRule } from '@/api/types';
import { RuleDialog } from '@/features/access/RuleDialog';
import { type Column, DataTable } from '@/ui/DataTable';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { useRoleName } from '@/ui/useRoleName';
import { userPages } from '@/ui/userPages';

interface Row extends AccessRule {
  place: number;
}

/** From where people may come in, and by what. */
export function AccessPage() {
  const { t } = useTranslation();
  const query = useQuery(accessPolicyQuery);
  const policy = query.data;
  const canWrite = useCan('access-policy:write');
  const { save, problem } = useSave(policy);
  const [edited, setEdited] = useState<number>();
  const rows = useMemo<Row[]>(() => policy?.rules.map((rule, place) => ({ ...rule, place })) ?? [], [policy]);
  const replaced = (place: number, rule?: AccessRule) => {
    const rules = [...(policy?.rules ?? [])];
    rules.splice(place, 1, ...(rule ? [rule] : []));
    return save({ rules });
  };
  const columns = useRuleColumns(canWrite, setEdited, (place) => void replaced(place).catch(() => undefined));
  return (
    <>
      <PageHeader title={t('access.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite || !policy} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited(rows.length)}>
          {t('access.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.users" tabs={userPages} />
      <Stack>
        <Text size="sm">{t('access.help')}</Text>
        {problem !== undefined && <Problem error={problem} />}
        <DataTable label={t('access.title')} query={query} items={rows} columns={columns} rowId={(row) => String(row.place)} empty={<Empty title={t('access.none')} />} />
        {policy && (
          <Switch
            label={t('access.certificateAlone')}
            description={t('access.certificateAloneHelp')}
            disabled={!canWrite}
            checked={policy.certificate_alone}
            onChange={(event) => void save({ certificate_alone: event.currentTarget.checked }).catch(() => undefined)}
          />
        )}
      </Stack>
      {edited !== undefined && policy && <RuleDialog rule={policy.rules[edited]} save={(rule) => replaced(edited, rule)} close={() => setEdited(undefined)} />}
    </>
  );
}

/** Puts the whole policy, as it was read, with one part of it changed. */
function useSave(policy: AccessPolicy | undefined) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>();
  const save = async (change: Partial<Pick<AccessPolicy, 'rules' | 'certificate_alone'>>) => {
    if (!policy) return;
    setProblem(undefined);
    try {
      const body = { rules: policy.rules, certificate_alone: policy.certificate_alone, ...change };
      await bodyOf(api.PUT('/access-policy', { params: { header: ifMatch(policy.etag) }, body }));
      notifyDone(t('common.saved'));
    } catch (error) {
      setProblem(error);
      throw error;
    } finally {
      await client.invalidateQueries({ queryKey: accessPolicyQuery.queryKey });
    }
  };
  return { save, problem };
}

function useRuleColumns(canWrite: boolean, edit: (place: number) => void, remove: (place: number) => void) {
  const { t } = useTranslation();
  const roleName = useRoleName();
  return useMemo<Column<Row>[]>(
    () => [
      { id: 'roles', header: t('access.roles'), cell: ({ row }) => row.original.roles?.map(roleName).join(', ') || t('access.everybody') },
      { id: 'networks', header: t('access.networks'), cell: ({ row }) => row.original.networks?.join(', ') || t('access.anywhere') },
      { id: 'proofs', header: t('access.proofs'), cell: ({ row }) => row.original.proofs?.map((proof) => t(`access.proof.${proof}`)).join(', ') || '–' },
      {
        id: 'actions',
        header: t('common.actions'),
        cell: ({ row }) => (
          <Group gap="xs">
            <Button size="compact-xs" variant="default" disabled={!canWrite} onClick={() => edit(row.original.place)}>
              {t('common.edit')}
            </Button>
            <Button size="compact-xs" variant="default" disabled={!canWrite} onClick={() => remove(row.original.place)}>
              {t('common.delete')}
            </Button>
          </Group>
        ),
      },
    ],
    [t, roleName, canWrite, edit, remove],
  );
}
