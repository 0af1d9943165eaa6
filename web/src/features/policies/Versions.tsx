import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, bodyOf, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { Policy, PolicyVersion } from '@/api/types';
import { ChangeTable } from '@/features/policies/ChangeTable';
import { versionsQuery } from '@/features/policies/queries';
import { diffDocuments } from '@/lib/diff';
import { useConfirm } from '@/ui/confirm';
import { Empty, Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** Who changed what when, newest first; any earlier version can be brought back. */
export function Versions({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(versionsQuery(policy.id));
  const versions = useMemo(
    () => (query.data?.pages.flatMap((page) => page.items) ?? []).toSorted((left, right) => right.version - left.version),
    [query.data],
  );
  const [ask, confirmation] = useConfirm();
  return (
    <Gate query={query}>
      {versions.length === 0 && <Empty title={t('policies.noVersions')} />}
      <Stack gap="sm">
        {versions.map((version, index) => (
          <VersionCard key={version.version} policy={policy} version={version} before={versions[index + 1]} hasMore={query.hasNextPage} ask={ask} />
        ))}
      </Stack>
      {query.hasNextPage && (
        <Button mt="sm" size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      {confirmation}
    </Gate>
  );
}

interface VersionCardProps {
  policy: Policy;
  version: PolicyVersion;
  before: PolicyVersion | undefined;
  hasMore: boolean;
  ask: ReturnType<typeof useConfirm>[0];
}

function VersionCard({ policy, version, before, hasMore, ask }: VersionCardProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan('policies:write');
  const nameOf = useActorName();
  const isCurrent = version.version === policy.version;
  const changes = before || !hasMore ? diffDocuments(before?.document ?? {}, version.document) : [];
  const restore = () =>
    ask({
      title: t('policies.restoreTitle', { version: version.version }),
      body: <ChangeTable changes={diffDocuments(policy.document, version.document)} />,
      button: t('policies.restore'),
      run: async () => {
        await bodyOf(
          api.POST('/policies/{id}/versions/{version}/restore', {
            params: { path: { id: policy.id, version: version.version }, header: ifMatch(policy.etag) },
          }),
        );
        await client.invalidateQueries({ queryKey: ['policies'] });
      },
    });
  return (
    <Paper withBorder p="sm" component="section" aria-label={t('policies.versionOf', { version: version.version })}>
      <Group justify="space-between">
        <Text size="sm">
          <strong>{t('policies.versionOf', { version: version.version })}</strong> · <Time value={version.modified} /> · {nameOf(version.modified_by)}
          {before && before.name !== version.name && ` · ${t('policies.renamed', { was: before.name, is: version.name })}`}
        </Text>
        {isCurrent ? (
          <Text size="sm" c="dimmed">
            {t('policies.current')}
          </Text>
        ) : (
          <Button size="compact-xs" variant="default" disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={restore}>
            {t('policies.restore')}
          </Button>
        )}
      </Group>
      <ChangeTable changes={changes} />
    </Paper>
  );
}
