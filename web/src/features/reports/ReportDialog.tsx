import { Button, Group, Modal, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUserName } from '@/api/actors';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import { sessionQuery, usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Report } from '@/api/types';
import { FilterField } from '@/features/reports/FilterField';
import { bodyOfForm, filterOf, formOf, isWhole, kinds, type ReportForm } from '@/features/reports/reportForm';
import { ScheduleFields } from '@/features/reports/ScheduleFields';
import { zoneName } from '@/lib/time';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

/** Describes a report, or changes one. */
export function ReportDialog({ report, close }: { report: Report | undefined; close: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data?.user.id;
  const [form, setForm] = useState<ReportForm>(() => formOf(report, { zone: zoneName('local'), language: i18n.language === 'ja' ? 'ja' : 'en', me }));
  const change = (part: Partial<ReportForm>) => setForm((before) => ({ ...before, ...part }));
  const filtered = filterOf(form.kind);
  const save = useMutation({
    mutationFn: () => {
      const body = bodyOfForm(form);
      if (report) return bodyOf(api.PATCH('/reports/{id}', { params: { path: { id: report.id }, header: ifMatch(report.etag) }, body }));
      return bodyOf(api.POST('/reports', { params: { header: idempotencyKey() }, body }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['reports'] }),
  });
  // A filter of hosts says nothing of events: it does not go along to another kind.
  const changeKind = (value: string | null) => {
    const kind = kinds.find((each) => each === value) ?? form.kind;
    change({ kind, ...(filterOf(kind) === filtered ? {} : { filter: '' }) });
  };
  return (
    <Modal opened onClose={close} size="lg" title={report ? t('destinations.editTitle', { name: report.name }) : t('reports.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          <TextInput label={t('common.name')} required maxLength={120} data-autofocus value={form.name} onChange={(event) => change({ name: event.currentTarget.value })} />
          <Select label={t('reports.about')} description={t(`reports.kindHelp.${form.kind}`)} allowDeselect={false} value={form.kind} onChange={changeKind} data={kinds.map((value) => ({ value, label: t(`reports.kind.${value}`) }))} />
          {filtered && <FilterField key={filtered} of={filtered} value={form.filter} change={(filter) => change({ filter })} />}
          <ScheduleFields form={form} change={change} />
          <Select label={t('reports.language')} allowDeselect={false} value={form.language} onChange={(value) => change({ language: value === 'ja' ? 'ja' : 'en' })} data={[{ value: 'en', label: 'English' }, { value: 'ja', label: '日本語' }]} />
          <Recipients me={me} value={form.recipients} change={(recipients) => change({ recipients })} />
          {save.isError && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" disabled={!isWhole(form)} loading={save.isPending}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Users of the tenant; who may not see those chooses among oneself and those who get it already. */
function Recipients({ me, value, change }: { me: string | undefined; value: string[]; change: (recipients: string[]) => void }) {
  const { t } = useTranslation();
  const canSeeUsers = useCan('users:read');
  const users = useQuery({ ...usersQuery, enabled: canSeeUsers }).data ?? [];
  const session = useQuery(sessionQuery).data;
  const nameOf = useUserName();
  const ids = new Set([...users.filter((each) => !each.disabled).map((each) => each.id), ...(me ? [me] : []), ...value]);
  const label = (id: string) => (id === session?.user.id ? session.user.username : nameOf(id));
  return <MultiSelect label={t('reports.recipients')} description={t(canSeeUsers ? 'reports.recipientsHelp' : 'reports.recipientsUnseen')} required searchable maxValues={100} value={value} onChange={change} data={[...ids].map((id) => ({ value: id, label: label(id) }))} />;
}
