import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { Rota } from '@/api/types';
import { OnCallTable } from '@/features/oncall/OnCallTable';
import { rotasQuery } from '@/features/oncall/queries';
import { RotaDialog } from '@/features/oncall/RotaDialog';
import { StandInDialog } from '@/features/oncall/StandInDialog';
import { StandIns } from '@/features/oncall/StandIns';
import { useRotaActions } from '@/features/oncall/useRotaActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty, Gate } from '@/ui/States';

/** Who is on call now, at each level, and when the next takes over. */
export function RotasPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(rotasQuery);
  const rotas = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('rotas:write');
  const [edited, setEdited] = useState<Rota | 'new'>();
  const [standIn, setStandIn] = useState<Rota>();
  const [actions, confirmation] = useRotaActions(setEdited, setStandIn);
  return (
    <>
      <PageHeader title={t('rotas.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('rotas.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <Gate query={query}>
        {rotas.length === 0 && <Empty title={t('rotas.none')}>{t('rotas.noneHint')}</Empty>}
        <Stack gap="lg">
          {rotas.map((rota) => (
            <section key={rota.id} aria-label={rota.name}>
              <Group gap="sm" align="center">
                <Title order={2} size="h5">
                  {rota.name}
                </Title>
                <Text size="sm" c="dimmed">
                  {t('rotas.handover', { time: rota.handover, zone: rota.time_zone })}
                </Text>
                <ActionMenu label={t('common.actionsOf', { name: rota.name })} actions={actions} items={[rota]} />
              </Group>
              <OnCallTable rota={rota} />
              <StandIns rota={rota} />
            </section>
          ))}
        </Stack>
      </Gate>
      {edited && <RotaDialog rota={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {standIn && <StandInDialog rota={standIn} close={() => setStandIn(undefined)} />}
      {confirmation}
    </>
  );
}
