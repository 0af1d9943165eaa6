import { Alert, Button, List } from '@mantine/core';
import { IconPlayerPlay, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { IsolationCheck } from '@/api/types';
import { isolationQuery } from '@/features/tenants/queries';
import { TenantTabs } from '@/features/tenants/TenantTabs';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

/** Whether tenants are apart: what was tried, when, and what could be reached. */
export function IsolationPage() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(isolationQuery);
  const checks = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('tenants:write');
  const run = useMutation({
    mutationFn: () => bodyOf(api.POST('/tenant-isolation')),
    onSettled: () => client.invalidateQueries({ queryKey: ['tenant-isolation'] }),
  });
  const columns = useMemo<Column<IsolationCheck>[]>(() => {
    const number = (value: number) => value.toLocaleString(i18n.language);
    return [
      { id: 'time', header: t('field.time'), cell: ({ row }) => <Time value={row.original.time} /> },
      { id: 'passed', header: t('audit.outcome'), cell: ({ row }) => <Dot color={row.original.passed ? stateColor.good : stateColor.bad}>{t(row.original.passed ? 'tenants.apart' : 'tenants.notApart')}</Dot> },
      { id: 'tenants', header: t('nav.tenants'), cell: ({ row }) => number(row.original.tenants) },
      { id: 'attempts', header: t('tenants.attempts'), cell: ({ row }) => number(row.original.attempts) },
      { id: 'findings', header: t('tenants.findings'), cell: ({ row }) => (row.original.findings.length === 0 ? '–' : <List size="sm">{row.original.findings.map((each) => <List.Item key={each}>{each}</List.Item>)}</List>) },
    ];
  }, [t, i18n.language]);
  return (
    <>
      <PageHeader title={t('nav.tenants')}>
        <Button size="xs" leftSection={<IconPlayerPlay size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} loading={run.isPending} onClick={() => run.mutate()}>
          {t('tenants.checkNow')}
        </Button>
      </PageHeader>
      <TenantTabs />
      {run.isError && <Problem error={run.error} />}
      {run.data && (
        <Alert role="status" mb="sm" variant="outline" color={run.data.passed ? 'green' : 'red'} icon={run.data.passed ? <IconShieldCheck /> : <IconShieldX />} title={t(run.data.passed ? 'tenants.apart' : 'tenants.notApart')}>
          {t('tenants.checked', { count: run.data.attempts, attempts: run.data.attempts.toLocaleString(i18n.language), tenants: run.data.tenants.toLocaleString(i18n.language) })}
        </Alert>
      )}
      <DataTable label={t('tenants.isolation')} query={query} items={checks} columns={columns} rowId={(each) => each.time} empty={<Empty title={t('tenants.noChecks')}>{t('tenants.noChecksHint')}</Empty>} />
    </>
  );
}
