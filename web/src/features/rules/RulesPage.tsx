import { Button } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { rulePacksQuery, rulesQuery } from '@/api/rules';
import { RuleList } from '@/features/rules/RuleList';
import { ruleModules } from '@/features/rules/search';
import { FilterBar } from '@/ui/FilterBar';
import { PageHeader } from '@/ui/PageHeader';
import { useWord } from '@/ui/words';

const route = getRouteApi('/app/rules');

/** The rules that came with the product: found by words, pack and technique, with the policies that use them. */
export function RulesPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const query = useInfiniteQuery(rulesQuery(search));
  const rules = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const packs = useQuery(rulePacksQuery);
  return (
    <>
      <PageHeader title={t('nav.rules')}>
        <Button size="xs" variant="default" leftSection={<IconFlask size={14} />} renderRoot={(props) => <Link {...props} to="/rules/test" />}>
          {t('rules.test')}
        </Button>
      </PageHeader>
      <Filters packs={(packs.data ?? []).filter((each) => !search.module || each.module === search.module)} />
      <RuleList query={query} rules={rules} packs={packs.data ?? []} />
    </>
  );
}

function Filters({ packs }: { packs: readonly { module: string; name: string }[] }) {
  const { t } = useTranslation();
  const word = useWord();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <FilterBar
      label={t('rules.search')}
      text={search.q ?? ''}
      onText={(q) => change({ q })}
      choices={[
        {
          label: t('field.module'),
          value: search.module,
          onChange: (module) => change({ module: ruleModules.find((each) => each === module), pack: undefined }),
          data: ruleModules.map((module) => ({ value: module, label: word('module', module) })),
        },
        { label: t('rules.pack'), value: search.pack, onChange: (pack) => change({ pack }), data: [...new Set(packs.map((each) => each.name))] },
      ]}
    >
      {search.technique && (
        <Button size="xs" variant="light" onClick={() => change({ technique: undefined })}>
          {t('rules.withoutTechnique', { technique: search.technique })}
        </Button>
      )}
    </FilterBar>
  );
}
