import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { AlertRoute } from '@/api/types';
import { rotasQuery, routesQuery } from '@/features/oncall/queries';
import { RouteDialog } from '@/features/oncall/RouteDialog';
import { hoursOf, weekdayName } from '@/features/oncall/routeForm';
import { useChannels } from '@/features/oncall/useChannels';
import { useRouteActions } from '@/features/oncall/useRouteActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';

/** Who is told of which alerts, and when. */
export function RoutesPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(routesQuery);
  const routes = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('alerts:write');
  const [edited, setEdited] = useState<AlertRoute | 'new'>();
  const [actions, confirmation] = useRouteActions(setEdited);
  const columns = useMemo<Column<AlertRoute>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'severity', header: t('alertRoutes.severity'), cell: ({ row }) => t(`severity.${row.original.severity}`) },
      { id: 'rules', header: t('alertRoutes.rules'), cell: ({ row }) => row.original.rules.join(', ') || t('alerts.everyRule') },
      { id: 'hours', header: t('alertRoutes.hours'), cell: ({ row }) => <Hours route={row.original} /> },
      { id: 'told', header: t('alertRoutes.told'), cell: ({ row }) => <Told route={row.original} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.enabled ? stateColor.good : stateColor.idle}>{t(row.original.enabled ? 'common.on' : 'common.off')}</Dot> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('alertRoutes.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('alertRoutes.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <DataTable label={t('alertRoutes.title')} query={query} items={routes} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('alertRoutes.none')}>{t('alertRoutes.noneHint')}</Empty>} />
      {edited && <RouteDialog route={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}

function Hours({ route }: { route: AlertRoute }) {
  const { t, i18n } = useTranslation();
  const found = hoursOf(route);
  if (!found) return <>{t('alertRoutes.always')}</>;
  const days = found.days.map((each) => weekdayName(each, i18n.language)).join(' ');
  return <>{[days, found.hours, found.zone].filter((each) => each !== '').join(', ')}</>;
}

/** Its channels, and whose turn decides. */
function Told({ route }: { route: AlertRoute }) {
  const { t } = useTranslation();
  const { nameOf } = useChannels();
  const rotas = useInfiniteQuery(rotasQuery).data?.pages.flatMap((page) => page.items) ?? [];
  const rota = route.rota && t('rotas.onCallOf', { name: rotas.find((each) => each.id === route.rota)?.name ?? route.rota });
  return <>{[...route.channels.map(nameOf), ...(rota ? [rota] : [])].join(', ')}</>;
}
