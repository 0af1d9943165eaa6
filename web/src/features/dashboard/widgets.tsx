// What each widget shows of its tab, and the page that it is a glance at.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type DashboardTab, severities } from '@/api/types';
import type { WidgetKind } from '@/features/dashboard/layout';
import { alertsQuery, hostsQuery, packsQuery, sinksQuery, topQuery } from '@/features/dashboard/queries';
import { type WidgetRow, WidgetRows } from '@/features/dashboard/WidgetRows';
import { filterIn, type FilterValue } from '@/lib/filter';
import { addressOf } from '@/lib/address';
import { formatAgo } from '@/lib/time';
import { Gate } from '@/ui/States';
import { severityColor, stateColor } from '@/ui/theme';
import { useClock } from '@/ui/useClock';
import { useWord } from '@/ui/words';

const fields: Partial<Record<WidgetKind, string>> = { severities: 'severity', modules: 'module', 'top-hosts': 'host.name', 'top-rules': 'rule', 'top-types': 'type', actions: 'action' };
const eventsAddress = ({ range, filter }: DashboardTab) => addressOf('/events', { range, filter });

/** Where a widget's heading leads: the page that shows all of it. */
export function addressOfWidget(kind: WidgetKind, tab: DashboardTab): string {
  if (kind in fields) return eventsAddress(tab);
  if (kind === 'hosts') return addressOf('/fleet', { group: tab.group_id ?? undefined, smart: tab.smart_group_id ?? undefined });
  if (kind === 'alerts') return '/alerts';
  return kind === 'destinations' ? '/destinations' : '/policies';
}

export function WidgetBody({ kind, tab }: { kind: WidgetKind; tab: DashboardTab }) {
  const field = fields[kind];
  if (field) return <Top tab={tab} field={field} />;
  if (kind === 'hosts') return <Hosts tab={tab} />;
  if (kind === 'alerts') return <Alerts />;
  return kind === 'destinations' ? <Destinations /> : <Updates />;
}

const isValue = (value: unknown): value is FilterValue => ['string', 'number', 'boolean'].includes(typeof value) && value !== '';

function Top({ tab, field }: { tab: DashboardTab; field: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const query = useQuery(topQuery(tab));
  const nameOf = (value: FilterValue) => {
    if (field === 'severity') return t(`severity.${value}` as 'severity.high');
    if (field === 'module') return word('module', String(value));
    return field === 'action' ? word('action_taken', String(value)) : String(value);
  };
  const rows = (query.data?.facets.find((each) => each.field === field)?.values ?? []).flatMap(({ value, count }): WidgetRow[] =>
    isValue(value)
      ? [{ key: String(value), label: nameOf(value), count, href: eventsAddress({ ...tab, filter: filterIn(tab.filter, field, value) }), color: severityColor[value as 'high'] }]
      : [],
  );
  return (
    <Gate query={query}>
      <WidgetRows rows={rows} none={t('dashboard.noEvents')} />
    </Gate>
  );
}

function Hosts({ tab }: { tab: DashboardTab }) {
  const { t } = useTranslation();
  const query = useQuery(hostsQuery(tab));
  const summary = query.data;
  const row = (key: 'unprotected' | 'offline' | 'degraded' | 'online', count: number, color: string, search: Record<string, string>): WidgetRow => ({
    key, label: t(`dashboard.host.${key}`), count, color: count > 0 ? color : stateColor.idle, href: addressOf('/fleet', { ...search, group: tab.group_id ?? undefined, smart: tab.smart_group_id ?? undefined }),
  });
  const rows = summary
    ? [
        row('unprotected', summary.unprotected, stateColor.bad, { protection: 'none' }),
        row('offline', summary.offline, stateColor.bad, { state: 'offline' }),
        row('degraded', summary.degraded_modules, stateColor.warn, { protection: 'degraded' }),
        row('online', summary.online, stateColor.good, { state: 'online' }),
      ]
    : [];
  return (
    <Gate query={query}>
      <WidgetRows rows={rows} none="" />
    </Gate>
  );
}

function Alerts() {
  const { t } = useTranslation();
  const query = useQuery(alertsQuery);
  const alerts = query.data?.items ?? [];
  const isMore = Boolean(query.data?.next_cursor);
  const rows = severities.flatMap((severity): WidgetRow[] => {
    const count = alerts.filter((each) => each.severity === severity).length;
    if (count === 0) return [];
    return [{ key: severity, label: t(`severity.${severity}`), count, color: severityColor[severity], href: addressOf('/alerts', { severity }), ...(isMore ? { text: `≥ ${count}` } : {}) }];
  });
  return (
    <Gate query={query}>
      <WidgetRows rows={rows} none={t('dashboard.noAlerts')} />
    </Gate>
  );
}

function Destinations() {
  const { t } = useTranslation();
  const query = useQuery(sinksQuery);
  const rows = (query.data?.items ?? [])
    .filter((each) => each.enabled)
    .toSorted((left, right) => Number(Boolean(right.state.error)) - Number(Boolean(left.state.error)) || right.state.backlog - left.state.backlog)
    .slice(0, 8)
    .map(({ id, name, state }): WidgetRow => ({
      key: id, label: state.error ? `${name}: ${state.error}` : name, count: state.backlog, href: '/destinations', color: state.error ? stateColor.bad : stateColor.warn,
      text: t('dashboard.waiting', { count: state.backlog }),
    }));
  return (
    <Gate query={query}>
      <WidgetRows rows={rows} none={t('dashboard.noDestinations')} />
    </Gate>
  );
}

/** How old the rules in force are, the oldest first. */
function Updates() {
  const { t, i18n } = useTranslation();
  const query = useQuery(packsQuery);
  const now = useClock();
  const day = 86_400_000;
  const rows = (query.data?.items ?? [])
    .filter((each) => each.active)
    .toSorted((left, right) => left.imported.localeCompare(right.imported))
    .slice(0, 8)
    .map(({ digest, name, version, imported }): WidgetRow => ({
      key: digest, label: `${name} ${version}`, count: Math.floor((now.getTime() - new Date(imported).getTime()) / day), href: '/policies', text: formatAgo(imported, now, i18n.language),
    }));
  return (
    <Gate query={query}>
      <WidgetRows rows={rows} none={t('dashboard.noContent')} />
    </Gate>
  );
}
