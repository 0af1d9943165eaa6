import { Link, type LinkProps } from '@tanstack/react-router';
import type { ParseKeys } from 'i18next';
import { useTranslation } from 'react-i18next';
import classes from '@/ui/PageTabs.module.css';

export type PageTab = readonly [to: NonNullable<LinkProps['to']>, label: ParseKeys];

/** The pages of one area, side by side: links, because each has its own address. `name` and labels are message ids. */
export function PageTabs({ name, tabs }: { name: ParseKeys; tabs: readonly PageTab[] }) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t(name)} className={classes.tabs}>
      {tabs.map(([to, label]) => (
        <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }} className={classes.tab ?? ''}>
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}
