import { Button, Paper, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { DocumentTerms } from '@/api/types';
import { termsQuery } from '@/features/trust/queries';
import { TermsDialog } from '@/features/trust/TermsDialog';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty, Gate } from '@/ui/States';
import { Time } from '@/ui/Time';
import { trustPages } from '@/ui/trustPages';

/** What whoever gets a document accepts before it is given. Without terms none is listed, and none is given. */
export function TermsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(termsQuery);
  const versions = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canPublish = useCan('trust:release');
  const [isWriting, setWriting] = useState(false);
  return (
    <>
      <PageHeader title={t('terms.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canPublish} title={canPublish ? undefined : t('action.noRight')} onClick={() => setWriting(true)}>
          {t('terms.publish')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.assurance" tabs={trustPages} />
      <Gate query={query}>
        {versions.length === 0 ? (
          <Empty title={t('terms.none')}>{t('terms.help')}</Empty>
        ) : (
          <Stack maw={860}>
            {versions.map((each, index) => (
              <Version key={each.version} terms={each} isInForce={index === 0} />
            ))}
          </Stack>
        )}
        {query.hasNextPage && (
          <Button mt="sm" variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('common.more')}
          </Button>
        )}
      </Gate>
      {isWriting && <TermsDialog inForce={versions[0]} close={() => setWriting(false)} />}
    </>
  );
}

function Version({ terms: { version, since, published_by, text }, isInForce }: { terms: DocumentTerms; isInForce: boolean }) {
  const { t } = useTranslation();
  const heading = t(isInForce ? 'terms.inForce' : 'terms.version', { version });
  return (
    <Paper withBorder p="sm" component="section" aria-label={heading}>
      <Title order={2} size="h5">
        {heading}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {published_by} · <Time value={since} />
      </Text>
      {(['en', 'ja'] as const).map((language) => (
        <Text key={language} size="sm" lang={language} mb="xs" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {text[language]}
        </Text>
      ))}
    </Paper>
  );
}
