import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { ReviewDay } from '@/api/types';
import { DayState } from '@/features/review/DayState';
import { reviewQuery, systemsQuery } from '@/features/review/queries';
import { SignDialog } from '@/features/review/SignDialog';
import { SignOffs } from '@/features/review/SignOffs';
import { SystemTable } from '@/features/review/SystemTable';
import { PageHeader } from '@/ui/PageHeader';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

const route = getRouteApi('/app/review/$day');
const results = ['gap', 'look', 'quiet'] as const;

/** One day: what stands out in each system and why, and who looked at it. */
export function ReviewDayPage() {
  const { day } = route.useParams();
  const query = useQuery({ ...reviewQuery(day), refetchInterval: 30_000 });
  return <Gate query={query}>{query.data && <Day day={query.data} />}</Gate>;
}

function Day({ day }: { day: ReviewDay }) {
  const { t, i18n } = useTranslation();
  const { result } = route.useSearch();
  const navigate = route.useNavigate();
  const canSign = useCan('reviews:write');
  const query = useInfiniteQuery(systemsQuery(day.day, result));
  const systems = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [signed, setSigned] = useState<'day' | string>();
  const refusal = canSign ? (day.triaged === null || day.state === 'running' ? t('review.notOver') : undefined) : t('action.noRight');
  const number = (value: number) => value.toLocaleString(i18n.language);
  const one = signed === undefined || signed === 'day' ? undefined : systems.find((each) => each.system === signed);
  return (
    <Stack>
      <PageHeader title={t('review.ofDay', { day: day.day })} note={<DayState day={day} />}>
        <Button size="xs" disabled={refusal !== undefined} title={refusal} onClick={() => setSigned('day')}>
          {t('review.signDay')}
        </Button>
        <Button component={Link} to="/review" size="xs" variant="default">
          {t('review.allDays')}
        </Button>
      </PageHeader>
      <Text size="sm" c="dimmed" component="div">
        {day.time_zone} · <Time value={day.from} /> – <Time value={day.to} /> · {t('review.deadline')} <Time value={day.deadline} /> · {t('review.coveredOf', { covered: number(day.covered), systems: number(day.systems), events: number(day.events) })}
        {day.late_events > 0 && ` · ${t('review.lateEvents', { count: day.late_events })}`}
      </Text>
      <SegmentedControl
        size="xs"
        aria-label={t('review.only')}
        value={result ?? 'all'}
        onChange={(next) => {
          const chosen = results.find((each) => each === next);
          void navigate({ search: chosen ? { result: chosen } : {}, replace: true });
        }}
        data={[{ value: 'all', label: t('review.all') }, ...results.map((each) => ({ value: each, label: `${t(`triage.${each}`)} (${number(day[each])})` }))]}
        style={{ alignSelf: 'flex-start' }}
      />
      <SystemTable query={query} systems={systems} refusal={refusal} sign={setSigned} />
      <SignOffs day={day.day} />
      {signed === 'day' && <SignDialog day={day.day} close={() => setSigned(undefined)} />}
      {one && <SignDialog day={day.day} system={one} close={() => setSigned(undefined)} />}
    </Stack>
  );
}
