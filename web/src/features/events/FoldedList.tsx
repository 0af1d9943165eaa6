import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { EventGroup } from '@/api/types';
import classes from '@/features/events/Events.module.css';
import { foldedQuery, type Selection } from '@/features/events/queries';
import { useSearchState } from '@/features/events/useSearchState';
import { filterIn, type FilterValue } from '@/lib/filter';
import { Severity } from '@/ui/Severity';
import { Empty, Gate } from '@/ui/States';
import { Time } from '@/ui/Time';
import { useWord } from '@/ui/words';

/** Repeats folded: a line for each combination of the fields' values, with how many events, the first and the last. */
export function FoldedList({ selection, by }: { selection: Selection; by: string }) {
  const { t, i18n } = useTranslation();
  const word = useWord();
  const query = useQuery(foldedQuery(selection, by, i18n.language));
  const fields = by.split(',');
  const { groups = [], total = 0 } = query.data ?? {};
  return (
    <section className={classes.main}>
      <Gate query={query}>
        {groups.length === 0 ? (
          <Empty title={t('events.none')} />
        ) : (
          <div className={classes.scroller} role="region" aria-label={t('events.folded')} tabIndex={0}>
            <Table stickyHeader aria-label={t('events.folded')}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th className={classes.number ?? ''}>{t('events.times')}</Table.Th>
                  <Table.Th>{t('field.severity')}</Table.Th>
                  <Table.Th>{t('events.lastOfThem')}</Table.Th>
                  {fields.map((field) => (
                    <Table.Th key={field}>{word('field', field)}</Table.Th>
                  ))}
                  <Table.Th>{t('events.first')}</Table.Th>
                  <Table.Th>{t('events.last')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {groups.map((group) => (
                  <FoldedRow key={JSON.stringify(group.values)} group={group} fields={fields} />
                ))}
              </Table.Tbody>
              {total > groups.length && (
                <Table.Caption>{t('events.moreGroups', { shown: groups.length, total: total.toLocaleString(i18n.language) })}</Table.Caption>
              )}
            </Table>
          </div>
        )}
      </Gate>
    </section>
  );
}

function FoldedRow({ group, fields }: { group: EventGroup; fields: string[] }) {
  const { t, i18n } = useTranslation();
  const { search, change } = useSearchState();
  const texts = group.values.map((value) => (value === null ? t('events.noValue') : String(value)));
  const unfold = () => {
    const filter = fields.reduce(
      (narrow, field, index) => (group.values[index] === null ? narrow : filterIn(narrow, field, group.values[index] as FilterValue)),
      search.filter ?? '',
    );
    change({ filter, fold: undefined });
  };
  return (
    <Table.Tr>
      <Table.Td className={classes.number ?? ''}>{group.count.toLocaleString(i18n.language)}</Table.Td>
      <Table.Td>
        <Severity value={group.severity} />
      </Table.Td>
      <Table.Td>
        <button type="button" className={classes.title} onClick={unfold}>
          {group.latest?.title ?? texts.join(' · ')}
        </button>
      </Table.Td>
      {fields.map((field, index) => (
        <Table.Td key={field} className={classes.whole ?? ''}>{texts[index]}</Table.Td>
      ))}
      <Table.Td className={classes.whole ?? ''}>
        <Time value={group.first} />
      </Table.Td>
      <Table.Td className={classes.whole ?? ''}>
        <Time value={group.last} />
      </Table.Td>
    </Table.Tr>
  );
}
