import { List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { Assurance } from '@/api/types';
import { assuranceQuery } from '@/features/trust/queries';
import { Rows } from '@/features/trust/Rows';
import { type PromiseState, promiseColor } from '@/features/trust/states';
import { Dot } from '@/ui/Dot';
import { Fact, Facts } from '@/ui/Facts';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Gate } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';
import { trustPages } from '@/ui/trustPages';
import { useWord } from '@/ui/words';

/** How this tenant is served: who came near its data, its keys, its walls, and both halves of the shared responsibility. */
export function AssurancePage() {
  const { t } = useTranslation();
  const query = useQuery(assuranceQuery);
  const isOperator = useCan('tenants:read');
  return (
    <>
      <PageHeader title={t('assurance.title')} />
      {isOperator && <PageTabs name="nav.assurance" tabs={trustPages} />}
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('assurance.help')}
      </Text>
      <Gate query={query}>{query.data && <Parts of={query.data} />}</Gate>
    </>
  );
}

function Parts({ of: { operator_access, keys, isolation, own_half, operators_half } }: { of: Assurance }) {
  return (
    <>
      <OperatorAccess of={operator_access} />
      <Keys of={keys} />
      <Isolation of={isolation} />
      <OwnHalf of={own_half} />
      <OperatorsHalf of={operators_half} />
    </>
  );
}

function OperatorAccess({ of: { active, uses, last_use, grants } }: { of: Assurance['operator_access'] }) {
  const { t } = useTranslation();
  return (
    <Facts title={t('assurance.access')}>
      <Fact name={t('assurance.active')}>{active}</Fact>
      <Fact name={t('assurance.uses')}>
        {uses} {last_use && <Ago value={last_use} />}
      </Fact>
      <Rows label={t('assurance.access')} none={t('assurance.noGrants')} head={[t('assurance.operator'), t('assurance.role'), t('assurance.reason'), t('assurance.from'), t('assurance.until'), t('assurance.consent')]}>
        {grants.map(({ id, operator_name, role, reason, created, expires, ended, by_consent }) => [
          id,
          operator_name,
          role,
          reason,
          <Time key="from" value={created} />,
          <Time key="until" value={ended ?? expires} />,
          t(by_consent ? 'assurance.byConsent' : 'assurance.byOperators'),
        ])}
      </Rows>
    </Facts>
  );
}

function Keys({ of: { current, root_uses } }: { of: Assurance['keys'] }) {
  const { t } = useTranslation();
  const word = useWord();
  return (
    <Facts title={t('assurance.keys')}>
      {current.map(({ level, created, provider }) => (
        <Fact key={level} name={word('keyLevel', level)}>
          {created && <Time value={created} />} {provider}
        </Fact>
      ))}
      <Rows label={t('assurance.rootUses')} none={t('assurance.noUses')} head={[t('assurance.time'), t('assurance.operation'), t('fleet.state')]}>
        {root_uses.map(({ time, operation, success }, index) => [
          `${time} ${index}`,
          <Time key="time" value={time} />,
          operation,
          <Dot key="state" color={success ? stateColor.good : stateColor.bad}>{t(success ? 'assurance.done' : 'assurance.failed')}</Dot>,
        ])}
      </Rows>
    </Facts>
  );
}

function Isolation({ of }: { of: Assurance['isolation'] }) {
  const { t } = useTranslation();
  return (
    <Facts title={t('assurance.isolation')}>
      <Rows label={t('assurance.isolation')} none={t('assurance.noChecks')} head={[t('assurance.time'), t('fleet.state')]}>
        {of.map(({ time, passed }, index) => [
          `${time} ${index}`,
          <Time key="time" value={time} />,
          <Dot key="state" color={passed ? stateColor.good : stateColor.bad}>{t(passed ? 'trustState.pass' : 'trustState.fail')}</Dot>,
        ])}
      </Rows>
    </Facts>
  );
}

function OwnHalf({ of: { version, agents, online, current, outdated } }: { of: Assurance['own_half'] }) {
  const { t } = useTranslation();
  return (
    <Facts title={t('assurance.ownHalf')}>
      <Fact name={t('assurance.agents')}>{t('assurance.onlineOf', { online, agents })}</Fact>
      <Fact name={t('assurance.current')}>{t('assurance.currentOf', { current, agents, version })}</Fact>
      {outdated.length > 0 && (
        <Fact name={t('assurance.outdated')}>
          <List size="sm">
            {outdated.map((each) => (
              <List.Item key={each.id}>{t('assurance.hostAt', { host: each.hostname, version: each.version })}</List.Item>
            ))}
          </List>
        </Fact>
      )}
    </Facts>
  );
}

function OperatorsHalf({ of }: { of: Assurance['operators_half'] }) {
  const { t, i18n } = useTranslation();
  return (
    <Facts title={t('assurance.operatorsHalf')}>
      <Rows label={t('assurance.operatorsHalf')} none={t('assurance.noChecks')} head={[t('commitments.sentence'), t('fleet.state'), t('commitments.checked')]}>
        {of.map(({ id, text, state, checked }) => [
          id,
          text[i18n.language === 'ja' ? 'ja' : 'en'],
          <Dot key="state" color={promiseColor[state as PromiseState] ?? stateColor.idle}>{t(`trustState.${state as PromiseState}`)}</Dot>,
          checked ? <Ago key="checked" value={checked} /> : '–',
        ])}
      </Rows>
    </Facts>
  );
}
