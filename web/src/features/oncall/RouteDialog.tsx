import { Button, Group, Modal, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { type AlertRoute, severities } from '@/api/types';
import { rotasQuery, rulesQuery } from '@/features/oncall/queries';
import { bodyOfForm, formOf, isWhole, weekdayName, weekdays } from '@/features/oncall/routeForm';
import { useChannels } from '@/features/oncall/useChannels';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const options = (items: readonly { id: string; name: string }[]) => items.map(({ id, name }) => ({ value: id, label: name }));

/** Which alerts, at which hours, and who is told of them. */
export function RouteDialog({ route, close }: { route: AlertRoute | undefined; close: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { channels } = useChannels();
  const rotas = useInfiniteQuery(rotasQuery).data?.pages.flatMap((page) => page.items) ?? [];
  const rules = useInfiniteQuery(rulesQuery).data?.pages.flatMap((page) => page.items) ?? [];
  const [form, setForm] = useState(() => formOf(route, new Intl.DateTimeFormat().resolvedOptions().timeZone));
  const set = (part: Partial<typeof form>) => setForm((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      const body = bodyOfForm(form);
      if (route) return bodyOf(api.PATCH('/alert-routes/{id}', { params: { path: { id: route.id }, header: ifMatch(route.etag) }, body }));
      return bodyOf(api.POST('/alert-routes', { body }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['alert-routes'] }),
  });
  return (
    <Modal opened onClose={close} size="lg" title={route ? t('destinations.editTitle', { name: route.name }) : t('alertRoutes.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Group grow>
          <TextInput label={t('common.name')} required maxLength={200} value={form.name} onChange={(event) => set({ name: event.currentTarget.value })} />
          <Select label={t('alertRoutes.severity')} allowDeselect={false} value={form.severity} onChange={(value) => set({ severity: value as AlertRoute['severity'] })} data={severities.map((each) => ({ value: each, label: t(`severity.${each}`) }))} />
        </Group>
        <MultiSelect label={t('alertRoutes.rules')} searchable clearable placeholder={form.rules.length === 0 ? t('alerts.everyRule') : undefined} value={form.rules} onChange={(value) => set({ rules: value })} data={options(rules)} />
        <MultiSelect searchable label={t('alertRoutes.channels')} description={t('alertRoutes.channelsHint')} nothingFoundMessage={t('channels.none')} value={form.channels} onChange={(value) => set({ channels: value })} data={options(channels)} />
        <Select label={t('alertRoutes.rota')} clearable nothingFoundMessage={t('rotas.none')} value={form.rota} onChange={(rota) => set({ rota })} data={options(rotas)} />
        <MultiSelect searchable label={t('alertRoutes.days')} required value={form.days} onChange={(days) => set({ days })} data={weekdays.map((each) => ({ value: each, label: weekdayName(each, i18n.language) }))} />
        <Group grow align="start">
          <TextInput label={t('alertRoutes.from')} required maxLength={5} value={form.from} onChange={(event) => set({ from: event.currentTarget.value })} />
          <TextInput label={t('alertRoutes.until')} description={t('alertRoutes.untilHint')} inputWrapperOrder={['label', 'input', 'description', 'error']} required maxLength={5} value={form.until} onChange={(event) => set({ until: event.currentTarget.value })} />
          <TextInput label={t('rotas.zone')} required maxLength={64} value={form.time_zone} onChange={(event) => set({ time_zone: event.currentTarget.value })} />
        </Group>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={!isWhole(form)} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
