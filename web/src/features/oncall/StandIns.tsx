import { Button, List } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useCan } from '@/api/session';
import type { Rota } from '@/api/types';
import { usePeople } from '@/features/oncall/usePeople';
import { notifyFailure } from '@/ui/notify';
import { Time } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

/** Who stands in for a while; those that are over are not shown. */
export function StandIns({ rota }: { rota: Rota }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan('rotas:write');
  const { nameOf } = usePeople();
  const now = useClock();
  const end = useMutation({
    mutationFn: (id: string) => api.DELETE('/rota-overrides/{id}', { params: { path: { id } } }),
    onError: notifyFailure,
    onSettled: () => client.invalidateQueries({ queryKey: ['rotas'] }),
  });
  const coming = rota.overrides.filter((each) => Date.parse(each.until) > now.getTime());
  if (coming.length === 0) return null;
  return (
    <List size="sm" listStyleType="none" aria-label={t('rotas.standIns')}>
      {coming.map((each) => (
        <List.Item key={each.id}>
          {t('rotas.standsIn', { name: nameOf(each.user), level: each.level + 1 })} <Time value={each.from} /> – <Time value={each.until} />{' '}
          {canWrite && (
            <Button size="compact-xs" variant="subtle" loading={end.isPending} onClick={() => end.mutate(each.id)}>
              {t('rotas.endStandIn')}
            </Button>
          )}
        </List.Item>
      ))}
    </List>
  );
}
