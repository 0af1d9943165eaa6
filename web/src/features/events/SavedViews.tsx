import { Button, Menu } from '@mantine/core';
import { IconBookmark, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import { savedSearchesQuery } from '@/features/events/queries';
import { useOpenView } from '@/features/events/useOpenView';
import { ViewDialog } from '@/features/events/ViewDialog';
import { ViewsDialog } from '@/features/events/ViewsDialog';

/** The searches that are kept: to look at one, to keep the one that is shown, and to look after them. */
export function SavedViews() {
  const { t } = useTranslation();
  const views = useQuery(savedSearchesQuery).data?.items ?? [];
  const open = useOpenView();
  const [isKeeping, setKeeping] = useState(false);
  const [isManaging, setManaging] = useState(false);
  const mayKeep = useCan('searches:write');
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconBookmark size={14} />}>
            {t('views.title')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
          {views.length === 0 && <Menu.Label>{t('views.none')}</Menu.Label>}
          {views.map((view) => (
            <Menu.Item key={view.id} {...(view.shared ? { rightSection: <IconUsers size={14} aria-label={t('views.shared')} /> } : {})} onClick={() => open(view)}>
              {view.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={!mayKeep} onClick={() => setKeeping(true)}>
            {t('views.keep')}
          </Menu.Item>
          <Menu.Item disabled={views.length === 0} onClick={() => setManaging(true)}>
            {t('views.manage')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isKeeping && <ViewDialog close={() => setKeeping(false)} />}
      {isManaging && <ViewsDialog views={views} close={() => setManaging(false)} />}
    </>
  );
}
