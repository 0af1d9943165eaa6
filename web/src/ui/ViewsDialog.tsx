import { Code, Group, Modal, Table, VisuallyHidden } from '@mantine/core';
import { IconEye, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { SavedSearch } from '@/api/types';
import type { Action } from '@/lib/actions';
import { addressOf, type ViewPage, wordsOf } from '@/lib/views';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { ViewDialog } from '@/ui/ViewDialog';

interface ViewsDialogProps {
  page: ViewPage;
  views: SavedSearch[];
  close: () => void;
}

/** The kept views of a page: open, rename, share, delete. */
export function ViewsDialog({ page, views, close }: ViewsDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  const [ask, question] = useConfirm();
  const [changed, setChanged] = useState<SavedSearch>();
  const mayShare = useCan('searches:share');
  const actions = useMemo<Action<SavedSearch>[]>(() => {
    const refusal = ([view]: SavedSearch[]) => (view && !view.own && !mayShare ? ('views.notOwn' as const) : undefined);
    const remove = (view: SavedSearch) => async () => {
      await bodyOf(api.DELETE('/saved-searches/{id}', { params: { path: { id: view.id }, header: ifMatch(view.etag) } }));
      await client.invalidateQueries({ queryKey: ['saved-searches'] });
    };
    return [
      {
        id: 'open',
        label: 'views.open',
        icon: IconEye,
        single: true,
        run: ([view]) => {
          if (view) router.history.push(addressOf(page, view.query));
          close();
        },
      },
      { id: 'change', label: 'views.change', icon: IconPencil, right: 'searches:write', single: true, refusal, run: ([view]) => setChanged(view) },
      {
        id: 'delete',
        label: 'views.delete',
        icon: IconTrash,
        right: 'searches:write',
        single: true,
        dangerous: true,
        refusal,
        run: ([view]) => view && ask({ title: t('views.delete'), body: t('views.deleteBody', { name: view.name }), button: t('views.delete'), run: remove(view) }),
      },
    ];
  }, [ask, client, close, mayShare, page, router, t]);
  return (
    <Modal opened onClose={close} size="lg" title={t('views.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Table aria-label={t('views.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('views.name')}</Table.Th>
            <Table.Th>{t('views.filter')}</Table.Th>
            <Table.Th>{t('views.seenBy')}</Table.Th>
            <Table.Th>
              <VisuallyHidden>{t('common.actions')}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {views.map((view) => (
            <Table.Tr key={view.id}>
              <Table.Td>{view.name}</Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {wordsOf(view.query).map((word) => (
                    <Code key={word} style={{ overflowWrap: 'anywhere' }}>
                      {word}
                    </Code>
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>{t(view.shared ? 'views.everybody' : 'views.me')}</Table.Td>
              <Table.Td>
                <ActionMenu label={t('views.actions', { name: view.name })} actions={actions} items={[view]} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {changed && <ViewDialog what={changed} close={() => setChanged(undefined)} />}
      {question}
    </Modal>
  );
}
