import { Alert, Select, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { policiesQuery } from '@/api/queries';
import { HostState } from '@/features/firewall/HostState';
import { PacketSimulator } from '@/features/firewall/PacketSimulator';
import { rulesQuery } from '@/features/firewall/rules';
import { RuleTable } from '@/features/firewall/RuleTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty, Gate } from '@/ui/States';

const route = getRouteApi('/app/firewall');

/** The rules of a policy as they are looked at, which of them decides a packet, and what is in force on a host. */
export function FirewallPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const policies = useQuery(policiesQuery);
  const policy = search.policy ?? policies.data?.find((each) => each.parent_id === null)?.id ?? '';
  const change = (part: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...part }) });
  return (
    <>
      <PageHeader title={t('nav.firewall')} />
      <Gate query={policies}>
        {policy === '' ? (
          <Empty title={t('policies.none')} />
        ) : (
          <>
            <Select
              size="xs"
              mb="sm"
              maw={320}
              allowDeselect={false}
              label={t('firewall.policy')}
              value={policy}
              onChange={(id) => change({ policy: id ?? undefined })}
              data={(policies.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            />
            <Rules policy={policy} />
            <PacketSimulator key={policy} policy={policy} packet={search.packet} ask={(packet) => change({ packet })} />
            <HostState host={search.host} choose={(host) => change({ host })} />
          </>
        )}
      </Gate>
    </>
  );
}

function Rules({ policy }: { policy: string }) {
  const { t } = useTranslation();
  const query = useQuery(rulesQuery(policy));
  const rules = query.data;
  return (
    <section aria-label={t('firewall.rules')}>
      <Title order={2} size="h4" mb={4}>
        {t('firewall.rules')}
      </Title>
      <Gate query={query}>
        {rules && (
          <>
            <Text size="sm" c="dimmed" mb="xs">
              {t(rules.enabled ? (rules.mode === 'inline' ? 'firewall.inline' : 'firewall.tap') : 'firewall.off')} {t('firewall.confirm', { seconds: rules.commit_confirm_s })}
            </Text>
            {!rules.analysed && <Alert variant="outline" color="yellow" mb="xs" title={t('firewall.notAnalysed')} />}
            <RuleTable rules={rules.rules} findings={rules.findings} query={query} />
          </>
        )}
      </Gate>
    </section>
  );
}
