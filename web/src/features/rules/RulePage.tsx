import { Button, Stack, Text } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hitsOf, ruleQuery } from '@/api/rules';
import { useCan } from '@/api/session';
import type { RuleDetail } from '@/api/types';
import { RuleHits } from '@/features/rules/RuleHits';
import { RuleLevel } from '@/features/rules/RuleLevel';
import { RulePolicies } from '@/features/rules/RulePolicies';
import { ruleModules } from '@/features/rules/search';
import { addressOf } from '@/lib/address';
import { CopyText } from '@/ui/CopyText';
import { Fact, Facts } from '@/ui/Facts';
import { HrefLink } from '@/ui/HrefLink';
import { PageHeader } from '@/ui/PageHeader';
import { Empty, Gate } from '@/ui/States';
import { useWord } from '@/ui/words';

const route = getRouteApi('/app/rules/$module/$rule');

/** One rule of the product: what it says, what it is for, who uses it, and what it found. */
export function RulePage() {
  const { t } = useTranslation();
  const params = route.useParams();
  const module = ruleModules.find((each) => each === params.module);
  const query = useQuery({ ...ruleQuery(module ?? 'ips', params.rule), enabled: module !== undefined });
  if (!module) return <Empty isPage title={t('rules.unknown')} />;
  return <Gate query={query}>{query.data && <Detail rule={query.data} />}</Gate>;
}

/** What a rule of each module can be tried on. */
const samples = { 'log-inspection': 'lines', ips: 'capture', integrity: 'paths' } as const;

function Detail({ rule }: { rule: RuleDetail }) {
  const { t } = useTranslation();
  const canSeeEvents = useCan('events:read');
  const sample = rule.module in samples ? samples[rule.module as keyof typeof samples] : undefined;
  return (
    <>
      <PageHeader title={rule.title} note={rule.id}>
        {canSeeEvents && <HrefLink href={addressOf('/events', { range: '30d', filter: hitsOf(rule.module, rule.id) })}>{t('rules.events')}</HrefLink>}
        {sample && (
          <Button size="xs" variant="default" leftSection={<IconFlask size={14} />} renderRoot={(props) => <Link {...props} to="/rules/test" search={{ on: sample, ...(sample === 'paths' ? { rule: rule.id } : {}) }} />}>
            {t('rules.try')}
          </Button>
        )}
      </PageHeader>
      <Stack gap={0} maw={1000} align="stretch">
        <About rule={rule} />
        <Facts title={t('rules.text')}>
          <Text size="xs" c="dimmed">
            {rule.file}
          </Text>
          <CopyText value={rule.text} label={t('rules.text')} />
        </Facts>
        <RulePolicies policies={rule.policies} />
        {canSeeEvents && <RuleHits rule={rule} />}
      </Stack>
    </>
  );
}

function About({ rule }: { rule: RuleDetail }) {
  const { t } = useTranslation();
  const word = useWord();
  return (
    <Facts title={t('rules.about')}>
      <Fact name={t('field.module')}>{word('module', rule.module)}</Fact>
      <Fact name={t('rules.pack')}>
        <HrefLink href={addressOf('/rules', { module: rule.module, pack: rule.pack })}>{rule.pack}</HrefLink> {rule.pack_version}
        {rule.pack_description && <Text size="xs">{rule.pack_description}</Text>}
      </Fact>
      <Fact name={t('field.severity')}>
        <RuleLevel rule={rule} />
      </Fact>
      <Fact name="ATT&CK">
        {rule.techniques.length === 0
          ? '–'
          : rule.techniques.map((technique) => (
              <span key={technique}>
                <HrefLink href={addressOf('/rules', { technique })}>{technique}</HrefLink>{' '}
              </span>
            ))}
      </Fact>
      <Fact name="CVE">{rule.cves.join(', ') || '–'}</Fact>
      <Fact name={t('rules.references')}>
        {rule.references.length === 0 ? '–' : rule.references.map((each) => <div key={each}>{each}</div>)}
      </Fact>
    </Facts>
  );
}
