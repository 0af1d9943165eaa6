import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import classes from '@/features/users/Users.module.css';

const tabs = [
  ['/users', 'nav.users'],
  ['/users/keys', 'apiKeys.title'],
] as const;

/** The pages about who may do what: links, because each has its own address. */
export function UserTabs() {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('nav.users')} className={classes.tabs}>
      {tabs.map(([to, label]) => (
        <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }} className={classes.tab ?? ''}>
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}
