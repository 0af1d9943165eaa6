import { UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useRights } from '@/api/session';
import classes from '@/app/Navigation.module.css';
import { type PageLink, sections } from '@/app/navigation';
import { setPreferences, usePreferences } from '@/lib/preferences';

/** The sections of pages; each can be folded away, and this browser remembers which are. */
export function Navigation({ leave }: { leave: () => void }) {
  const { t } = useTranslation();
  const { folded } = usePreferences();
  const rights = useRights();
  const toggle = (id: string) => setPreferences({ folded: folded.includes(id) ? folded.filter((each) => each !== id) : [...folded, id] });
  return (
    <ul className={classes.sections}>
      {sections.map(({ id, pages }) => (
        <li key={id}>
          <UnstyledButton className={classes.heading ?? ''} aria-expanded={!folded.includes(id)} aria-controls={`nav-${id}`} onClick={() => toggle(id)}>
            {t(`nav.section.${id}`)}
            <IconChevronDown size={14} className={classes.chevron ?? ''} />
          </UnstyledButton>
          <ul id={`nav-${id}`} className={classes.links} hidden={folded.includes(id)}>
            {pages.filter((page) => !page.isForOperators || rights.includes(page.right)).map((page) => (
              <li key={page.to}>
                <Entry page={page} leave={leave} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function Entry({ page: { to, label, right, icon: Icon }, leave }: { page: PageLink; leave: () => void }) {
  const { t } = useTranslation();
  const rights = useRights();
  if (!rights.includes(right)) {
    return (
      <span className={classes.link} aria-disabled title={t('action.noRight')}>
        <Icon size={17} stroke={1.6} />
        {t(label)}
      </span>
    );
  }
  return (
    <Link to={to} onClick={leave} className={classes.link ?? ''} activeProps={{ 'data-active': true }} activeOptions={{ exact: false, includeSearch: false }}>
      <Icon size={17} stroke={1.6} />
      {t(label)}
    </Link>
  );
}
