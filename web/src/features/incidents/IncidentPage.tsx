import { Badge, Button, Group, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import { BreachClock } from '@/features/incidents/BreachClock';
import { BreachTab } from '@/features/incidents/BreachTab';
import { ClosingTab } from '@/features/incidents/ClosingTab';
import { EvidenceTab } from '@/features/incidents/EvidenceTab';
import { HostsTab } from '@/features/incidents/HostsTab';
import { IncidentStateMark } from '@/features/incidents/IncidentStateMark';
import { MoveMenu } from '@/features/incidents/MoveMenu';
import { OverviewTab } from '@/features/incidents/OverviewTab';
import { incidentQuery, type OfIncident } from '@/features/incidents/queries';
import { type IncidentTab, incidentTabs } from '@/features/incidents/search';
import { SourcesTab } from '@/features/incidents/SourcesTab';
import { TasksTab } from '@/features/incidents/TasksTab';
import { TimelineTab } from '@/features/incidents/TimelineTab';
import { PageHeader } from '@/ui/PageHeader';
import { Severity } from '@/ui/Severity';
import { Gate } from '@/ui/States';

const route = getRouteApi('/app/incidents/$incidentId');

const panels: Record<IncidentTab, ComponentType<OfIncident>> = {
  overview: OverviewTab,
  timeline: TimelineTab,
  tasks: TasksTab,
  sources: SourcesTab,
  evidence: EvidenceTab,
  hosts: HostsTab,
  breach: BreachTab,
  closing: ClosingTab,
};

/** One incident, from its declaration to its end. */
export function IncidentPage() {
  const { incidentId } = route.useParams();
  const query = useQuery(incidentQuery(incidentId));
  return <Gate query={query}>{query.data && <Incident incident={query.data} />}</Gate>;
}

function Incident({ incident }: OfIncident) {
  const { t } = useTranslation();
  const { tab = 'overview' } = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: string | null) => {
    const chosen = incidentTabs.find((each) => each === next);
    void navigate({ search: chosen && chosen !== 'overview' ? { tab: chosen } : {}, replace: true });
  };
  return (
    <>
      <PageHeader title={t('incidents.numbered', { number: incident.number, title: incident.title })} note={<Standing incident={incident} />}>
        <MoveMenu incident={incident} />
        <Button component={Link} to="/incidents" size="xs" variant="default">
          {t('incidents.queue')}
        </Button>
      </PageHeader>
      <Tabs value={tab} keepMounted={false} onChange={show}>
        <Tabs.List mb="sm">
          {incidentTabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`incidents.tab.${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {incidentTabs.map((each) => {
          const Panel = panels[each];
          return (
            <Tabs.Panel key={each} value={each}>
              <Panel incident={incident} />
            </Tabs.Panel>
          );
        })}
      </Tabs>
    </>
  );
}

function Standing({ incident }: OfIncident) {
  const { t } = useTranslation();
  return (
    <Group gap="sm">
      <Severity value={incident.severity} />
      <IncidentStateMark state={incident.state} />
      {incident.breach && (
        <>
          <Badge color="gray" variant="outline">{t('incidents.breach')}</Badge>
          <BreachClock breach={incident.breach} />
        </>
      )}
    </Group>
  );
}
