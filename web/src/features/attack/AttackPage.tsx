import { SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import classes from '@/features/attack/Attack.module.css';
import { countTechniques, type Technique, tactics, techniques } from '@/features/attack/techniques';
import { addressOf } from '@/lib/address';
import { periodOf, type Range, ranges } from '@/lib/time';
import { HrefLink } from '@/ui/HrefLink';
import { PageHeader } from '@/ui/PageHeader';
import { Gate } from '@/ui/States';

const route = getRouteApi('/app/attack');

const coverageQuery = {
  queryKey: ['rules', 'coverage'],
  queryFn: async () => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await bodyOf(api.GET('/rules', { params: { query: { limit: 1000, ...(cursor ? { cursor } : {}) } } }));
      found.push(...page.items.map((each) => each.techniques.join(',')));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return countTechniques(found.map((list) => ({ list, count: 1 })));
  },
  staleTime: Number.POSITIVE_INFINITY,
};

const seenQuery = (range: Range) => ({
  queryKey: ['events', 'techniques', range],
  queryFn: async () => {
    const { from } = periodOf({ range }, new Date());
    const { facets } = await bodyOf(api.GET('/events/facets', { params: { query: { from, fields: 'rule.attack', limit: 100 } } }));
    return countTechniques((facets[0]?.values ?? []).map(({ value, count }) => ({ list: String(value), count })));
  },
});

/** ATT&CK by tactic: what the rules are for, and what events have named. */
export function AttackPage() {
  const { t } = useTranslation();
  const { range = '30d' } = route.useSearch();
  const navigate = route.useNavigate();
  const coverage = useQuery(coverageQuery);
  const seen = useQuery(seenQuery(range));
  const rules = coverage.data;
  const events = seen.data;
  const columns = useMemo(() => tactics.map((tactic) => ({ tactic, techniques: techniques.filter((each) => each.tactics.includes(tactic)) })), []);
  return (
    <>
      <PageHeader title={t('nav.attack')}>
        <SegmentedControl size="xs" aria-label={t('events.range')} value={range} onChange={(value) => void navigate({ search: { range: ranges.find((each) => each === value) } })} data={ranges.map((each) => ({ value: each, label: t(`range.${each}`) }))} />
      </PageHeader>
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('attack.help')}
      </Text>
      <Gate query={coverage}>
        <Gate query={seen}>
          <div className={classes.matrix}>
            {columns.map(({ tactic, techniques: list }) => (
              <section key={tactic} className={classes.tactic} aria-labelledby={`tactic-${tactic}`}>
                <h2 id={`tactic-${tactic}`} className={classes.heading}>
                  {t(`attack.tactic.${tactic}`)}
                </h2>
                <ul className={classes.list}>
                  {list.map((each) => (
                    <Cell key={each.id} technique={each} rules={rules?.get(each.id) ?? 0} events={events?.get(each.id) ?? 0} range={range} />
                  ))}
                </ul>
              </section>
            ))}
          </div>
        </Gate>
      </Gate>
    </>
  );
}

function Cell({ technique: { id, name }, rules, events, range }: { technique: Technique; rules: number; events: number; range: Range }) {
  const { t } = useTranslation();
  return (
    <li className={classes.cell} data-seen={events > 0 || undefined}>
      <span className={classes.name}>{name}</span>
      <span className={classes.id}>{id}</span>
      {events > 0 ? <HrefLink href={addressOf('/events', { range, filter: `rule.attack:"*${id}*"` })}>{t('attack.events', { count: events })}</HrefLink> : <span className={classes.id}>{t('attack.noEvents')}</span>}
      <HrefLink href={addressOf('/rules', { technique: id })}>{t('attack.rules', { count: rules })}</HrefLink>
    </li>
  );
}
