import { PageTabs, type PageTab } from '@/ui/PageTabs';

const tabs: readonly PageTab[] = [
  ['/fleet', 'fleet.agents'],
  ['/fleet/groups', 'fleet.groups'],
  ['/fleet/software', 'inventory.software'],
  ['/fleet/enrolment', 'fleet.enrolment'],
];

/** The pages of the fleet. */
export function FleetTabs() {
  return <PageTabs name="nav.fleet" tabs={tabs} />;
}
