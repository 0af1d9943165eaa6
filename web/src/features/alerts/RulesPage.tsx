import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '@/api/types';
import { rulesQuery } from '@/features/alerts/queries';
import { RuleDialog } from '@/features/alerts/RuleDialog';
import { useRuleActions } from '@/features/alerts/useRuleActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Severity } from '@/ui/Severity';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';

/** What opens alerts: the catalogue and the tenant's own. */
export function RulesPage() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(rulesQuery);
  const rules = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [edited, setEdited] = useState<{ rule: AlertRule; isCopy: boolean }>();
  const [actions, confirmation] = useRuleActions(setEdited);
  const columns = useMemo<Column<AlertRule>[]>(
    () => [
      { id: 'severity', header: t('field.severity'), cell: ({ row }) => <Severity value={row.original.severity} /> },
      {
        id: 'name',
        header: t('alerts.rule'),
        cell: ({ row }) => (
          <>
            {row.original.name}
            <Text size="xs" c="dimmed">
              {row.original.texts[i18n.language]?.title ?? row.original.texts.en?.title}
            </Text>
          </>
        ),
      },
      { id: 'when', header: t('alertRules.when'), cell: ({ row }) => <When rule={row.original} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.enabled ? stateColor.good : stateColor.idle}>{t(row.original.enabled ? 'common.on' : 'common.off')}</Dot> },
      { id: 'origin', header: t('alertRules.origin'), cell: ({ row }) => t(row.original.built_in ? 'alertRules.catalogue' : 'alertRules.own') },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, i18n.language, actions],
  );
  return (
    <>
      <PageHeader title={t('alertRules.title')} />
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <DataTable label={t('alertRules.title')} query={query} items={rules} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('alertRules.none')} />} />
      {edited && <RuleDialog {...edited} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}

function When({ rule }: { rule: AlertRule }) {
  const { t } = useTranslation();
  return (
    <>
      {rule.state || rule.filter}
      <Text size="xs" c="dimmed">
        {t('alertRules.fires', { value: rule.fire_at, seconds: rule.fire_after_s })}
      </Text>
    </>
  );
}
