import { Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import type { ReviewSignOff } from '@/api/types';
import { signOffsQuery } from '@/features/review/queries';
import { type Column, DataTable } from '@/ui/DataTable';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** Who looked at the day; each is an entry of the audit log. */
export function SignOffs({ day }: { day: string }) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  const query = useInfiniteQuery(signOffsQuery(day));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<ReviewSignOff>[]>(
    () => [
      { id: 'at', header: t('field.time'), cell: ({ row }) => <Time value={row.original.at} /> },
      { id: 'by', header: t('incidents.by'), cell: ({ row }) => nameOf(row.original.by) },
      { id: 'what', header: t('review.what'), cell: ({ row }) => (row.original.whole_day ? t('review.wholeDay') : t('review.someSystems', { count: row.original.systems })) },
      { id: 'late', header: t('review.inTime'), cell: ({ row }) => (row.original.late ? t('review.tooLate') : t('review.yes')) },
      { id: 'note', header: t('incidents.note'), cell: ({ row }) => row.original.note || '–' },
    ],
    [t, nameOf],
  );
  return (
    <section>
      <Title order={2} size="h5">
        {t('review.signOffs')}
      </Title>
      <DataTable label={t('review.signOffs')} query={query} items={items} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('review.nobody')} />} />
    </section>
  );
}
