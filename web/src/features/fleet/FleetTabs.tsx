import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import classes from '@/features/fleet/Fleet.module.css';

const tabs = [
  ['/fleet', 'fleet.agents'],
  ['/fleet/groups', 'fleet.groups'],
  ['/fleet/software', 'inventory.software'],
  ['/fleet/enrolment', 'fleet.enrolment'],
] as const;

/** The pages of the fleet: links, because each has its own address. */
export function FleetTabs() {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('nav.fleet')} className={classes.tabs}>
      {tabs.map(([to, label]) => (
        <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }} className={classes.tab ?? ''}>
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}
