import { Button, Menu } from '@mantine/core';
import { IconBookmark, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { savedSearchesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { addressOf, isSameQuery, queryOf, type ViewPage } from '@/lib/views';
import { useFollow } from '@/ui/useFollow';
import { ViewDialog } from '@/ui/ViewDialog';
import { ViewsDialog } from '@/ui/ViewsDialog';

/** The kept views of a page: to look at one, to keep what is shown, and to look after them. */
export function SavedViews({ page }: { page: ViewPage }) {
  const maySee = useCan('searches:read');
  return maySee ? <ViewsMenu page={page} /> : null;
}

function ViewsMenu({ page }: { page: ViewPage }) {
  const { t } = useTranslation();
  const query = useQuery(savedSearchesQuery(page));
  const views = query.data ?? [];
  const shown = queryOf(useSearch({ strict: false }));
  const follow = useFollow();
  const [isKeeping, setKeeping] = useState(false);
  const [isManaging, setManaging] = useState(false);
  const mayKeep = useCan('searches:write');
  return (
    <>
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconBookmark size={14} />}>
            {t('views.title')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
          {views.length === 0 && <Menu.Label>{t(query.isError ? 'views.unread' : query.isPending ? 'state.loading' : 'views.none')}</Menu.Label>}
          {views.map((view) => {
            const address = addressOf(page, view.query);
            const isShown = isSameQuery(view.query, shown);
            return (
              <Menu.Item
                key={view.id}
                component="a"
                href={address}
                {...(isShown ? { 'aria-current': 'true', fw: 600 } : {})}
                {...(view.shared ? { rightSection: <IconUsers size={14} aria-label={t('views.shared')} /> } : {})}
                onClick={(event) => follow(event, address)}
              >
                {view.name}
              </Menu.Item>
            );
          })}
          <Menu.Divider />
          <Menu.Item disabled={!mayKeep} onClick={() => setKeeping(true)}>
            {t('views.keep')}
          </Menu.Item>
          <Menu.Item disabled={views.length === 0} onClick={() => setManaging(true)}>
            {t('views.manage')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isKeeping && <ViewDialog what={{ page, query: shown }} close={() => setKeeping(false)} />}
      {isManaging && <ViewsDialog page={page} views={views} close={() => setManaging(false)} />}
    </>
  );
}
