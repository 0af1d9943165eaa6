import { Button, Group, Table } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { apiBase } from '@/api/client';
import { noticesQuery, type OfIncident } from '@/features/incidents/queries';
import { saveUrl } from '@/lib/download';
import { Time } from '@/ui/Time';

/** Every version stays, and is had as a document. */
export function NoticeVersions({ incident }: OfIncident) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  const versions = useInfiniteQuery(noticesQuery(incident.id)).data?.pages.flatMap((page) => page.items) ?? [];
  if (versions.length === 0) return null;
  const save = (version: number, format: 'text' | 'html') =>
    saveUrl(`${apiBase}/incidents/${incident.id}/notices/${version}?format=${format}`, `incident-${incident.number}-notice-${version}.${format === 'text' ? 'txt' : 'html'}`);
  return (
    <Table aria-label={t('breach.versions')}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('breach.version')}</Table.Th>
          <Table.Th scope="col">{t('field.time')}</Table.Th>
          <Table.Th scope="col">{t('incidents.by')}</Table.Th>
          <Table.Th scope="col">{t('breach.toFollow')}</Table.Th>
          <Table.Th scope="col">{t('breach.document')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {versions.map(({ version, made, made_by, missing }) => (
          <Table.Tr key={version}>
            <Table.Td>{version}</Table.Td>
            <Table.Td>
              <Time value={made} />
            </Table.Td>
            <Table.Td>{nameOf(made_by)}</Table.Td>
            <Table.Td>{missing.length}</Table.Td>
            <Table.Td>
              <Group gap={4}>
                <Button size="compact-xs" variant="default" aria-label={t('breach.asText', { version })} onClick={() => save(version, 'text')}>
                  TXT
                </Button>
                <Button size="compact-xs" variant="default" aria-label={t('breach.asHtml', { version })} onClick={() => save(version, 'html')}>
                  HTML
                </Button>
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
