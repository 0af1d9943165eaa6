import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { HeldCertificate } from '@/api/types';
import { healthColor, healthQuery, worstFirst } from '@/features/health/queries';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Facts } from '@/ui/Facts';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What the manager shows, issues by and trusts, and until when. */
export function Certificates() {
  const { t } = useTranslation();
  const query = useQuery(healthQuery);
  const items = useMemo(() => worstFirst(query.data?.certificates ?? []), [query.data]);
  const columns = useMemo<Column<HeldCertificate>[]>(
    () => [
      { id: 'role', header: t('health.role'), cell: ({ row }) => t(`health.roles.${row.original.role}`) },
      { id: 'subject', header: t('health.subject'), cell: ({ row }) => row.original.subject },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={healthColor[row.original.state]}>{t(`health.states.${row.original.state}`)}</Dot> },
      { id: 'until', header: t('health.until'), cell: ({ row }) => <Time value={row.original.not_after} /> },
      { id: 'left', header: t('health.daysLeft'), cell: ({ row }) => row.original.days_left },
      { id: 'todo', header: t('health.todo'), cell: ({ row }) => (row.original.state === 'ok' ? '–' : <Text size="xs">{t(`health.certificateTodo.${row.original.role}`)}</Text>) },
    ],
    [t],
  );
  return (
    <Facts title={t('health.certificates')}>
      <DataTable label={t('health.certificates')} query={query} items={items} columns={columns} rowId={(each) => `${each.role} ${each.subject} ${each.not_after}`} empty={<Empty title={t('health.noCertificates')} />} />
    </Facts>
  );
}
