import { Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Facet } from '@/api/types';
import classes from '@/features/events/Events.module.css';
import { FilterButtons } from '@/features/events/FilterButtons';
import { facetFields, facetsQuery, type Selection } from '@/features/events/queries';
import { useSearchState } from '@/features/events/useSearchState';
import { filterIn, type FilterValue } from '@/lib/filter';
import { Problem } from '@/ui/Problem';
import { useWord } from '@/ui/words';

const isFilterValue = (value: unknown): value is FilterValue => ['string', 'number', 'boolean'].includes(typeof value);

/** The most frequent values of the main fields among what matches. */
export function Facets({ selection }: { selection: Selection }) {
  const { t } = useTranslation();
  const query = useQuery(facetsQuery(selection));
  if (query.isError) return <Problem error={query.error} retry={() => query.refetch()} />;
  return (
    <Stack gap="md" component="section" aria-label={t('events.facets')}>
      {query.data
        ? query.data.facets.map((facet) => <FacetList key={facet.field} facet={facet} />)
        : facetFields.map((field) => <Skeleton key={field} h={70} />)}
    </Stack>
  );
}

function FacetList({ facet }: { facet: Facet }) {
  const word = useWord();
  const { t, i18n } = useTranslation();
  const { search, change } = useSearchState();
  const values = facet.values.filter((each) => isFilterValue(each.value) && each.value !== '');
  if (values.length === 0) return null;
  const most = Math.max(...values.map((each) => each.count));
  const nameOf = (value: FilterValue) => {
    if (facet.field === 'severity') return t(`severity.${value}` as 'severity.high');
    if (facet.field === 'module') return word('module', String(value));
    if (facet.field === 'action') return word('action_taken', String(value));
    return String(value);
  };
  return (
    <div>
      <Text component="h2" size="xs" fw={600} c="dimmed" mb={2}>
        {word('field', facet.field)}
      </Text>
      <ul className={classes.facet}>
        {values.map(({ value, count }) => {
          if (!isFilterValue(value)) return null;
          return (
            <li key={String(value)}>
              <span className={classes.facetBar} style={{ width: `${(100 * count) / most}%` }} aria-hidden />
              <button
                type="button"
                className={classes.facetValue}
                title={String(value)}
                onClick={() => change({ filter: filterIn(search.filter ?? '', facet.field, value) })}
              >
                {nameOf(value)}
              </button>
              <span className={classes.facetCount}>{count.toLocaleString(i18n.language)}</span>
              <FilterButtons field={facet.field} value={value} label={nameOf(value)} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
