import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DocumentRequest } from '@/api/types';
import { ApproveDialog } from '@/features/trust/ApproveDialog';
import { documentsQuery } from '@/features/trust/queries';
import { useDocumentActions } from '@/features/trust/useDocumentActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { BulkBar } from '@/ui/BulkBar';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';
import { trustPages } from '@/ui/trustPages';
import { useListKeys } from '@/ui/useListKeys';

const colorOf: Record<DocumentRequest['state'], string> = {
  asked: stateColor.warn,
  approved: stateColor.good,
  accepted: stateColor.good,
  refused: stateColor.idle,
  revoked: stateColor.bad,
  expired: stateColor.idle,
  used: stateColor.idle,
};

const idOf = (each: DocumentRequest) => each.id;
const nameOf = (each: DocumentRequest) => `${each.number} · ${each.title}`;

/** Who asked for a document on the public page, and what became of it. */
export function DocumentsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(documentsQuery);
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [approved, setApproved] = useState<DocumentRequest>();
  const [actions, confirmation] = useDocumentActions(setApproved);
  const list = useListKeys(items, idOf, nameOf);
  const columns = useMemo<Column<DocumentRequest>[]>(
    () => [
      { id: 'number', header: t('documents.number'), cell: ({ row }) => row.original.number },
      { id: 'who', header: t('documents.who'), cell: ({ row }) => <Who of={row.original} /> },
      { id: 'title', header: t('evidence.document'), cell: ({ row }) => row.original.title },
      { id: 'asked', header: t('documents.asked'), cell: ({ row }) => <Ago value={row.original.asked} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={colorOf[row.original.state]}>{t(`documents.state.${row.original.state}`)}</Dot> },
      { id: 'expires', header: t('documents.until'), cell: ({ row }) => (row.original.expires ? <Time value={row.original.expires} /> : '–') },
      { id: 'downloads', header: t('documents.downloads'), cell: ({ row }) => t('documents.of', { count: row.original.downloads, all: row.original.downloads_allowed }) },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: t('documents.request', { number: row.original.number }) })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('documents.title')} />
      <PageTabs name="nav.assurance" tabs={trustPages} />
      <BulkBar label={t('documents.bulk')} actions={actions} selected={list.selected} active={list.active} idOf={idOf} nameOf={nameOf} clear={list.clear} />
      <DataTable label={t('documents.title')} selection={list} query={query} items={items} columns={columns} rowId={idOf} empty={<Empty title={t('documents.none')}>{t('documents.help')}</Empty>} />
      {approved && <ApproveDialog request={approved} close={() => setApproved(undefined)} />}
      {confirmation}
    </>
  );
}

function Who({ of: { name, mail, organisation, reason } }: { of: DocumentRequest }) {
  return (
    <>
      <Text size="sm">{[name, organisation].filter(Boolean).join(', ')}</Text>
      <Text size="xs" c="dimmed">
        {mail}
      </Text>
      <Text size="xs">{reason}</Text>
    </>
  );
}
