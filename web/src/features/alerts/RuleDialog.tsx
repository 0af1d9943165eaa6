import { Button, Group, Modal, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ParseKeys } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { type AlertRule, severities, type Severity } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const numbers = [
  ['fire_at', 'alertRules.fireAt'],
  ['fire_after_s', 'alertRules.fireAfter'],
  ['resolve_at', 'alertRules.resolveAt'],
  ['resolve_after_s', 'alertRules.resolveAfter'],
] as const satisfies readonly (readonly [keyof AlertRule, ParseKeys])[];
type Tuned = Pick<AlertRule, 'severity' | 'filter' | 'resolve_filter' | 'window_s' | (typeof numbers)[number][0]>;

/** Only what differs is sent: newer texts and filters of the catalogue are to arrive still. */
function changesOf(rule: AlertRule, tuned: Tuned): Partial<Tuned> {
  return Object.fromEntries(Object.entries(tuned).filter(([key, value]) => rule[key as keyof Tuned] !== value));
}

/** Tunes a rule, or makes another one out of it. */
export function RuleDialog({ rule, isCopy, close }: { rule: AlertRule; isCopy: boolean; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(isCopy ? '' : rule.name);
  const [tuned, setTuned] = useState<Tuned>({
    severity: rule.severity, filter: rule.filter, resolve_filter: rule.resolve_filter, window_s: rule.window_s,
    fire_at: rule.fire_at, fire_after_s: rule.fire_after_s, resolve_at: rule.resolve_at, resolve_after_s: rule.resolve_after_s,
  });
  const set = (part: Partial<Tuned>) => setTuned((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      if (!isCopy) return bodyOf(api.PATCH('/alert-rules/{id}', { params: { path: { id: rule.id }, header: ifMatch(rule.etag) }, body: changesOf(rule, tuned) }));
      const { id: _id, built_in: _builtIn, etag: _etag, ...body } = rule;
      // A rule looks at a state or at events.
      const { filter, resolve_filter, window_s, ...common } = tuned;
      const more = rule.state ? {} : { filter, resolve_filter, window_s };
      return bodyOf(api.POST('/alert-rules', { body: { ...body, ...common, ...more, name: name.trim() } }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['alert-rules'] }),
  });
  const number = (key: (typeof numbers)[number][0] | 'window_s', label: ParseKeys) => <NumberInput key={key} label={t(label)} allowDecimal={false} value={tuned[key]} onChange={(value) => typeof value === 'number' && set({ [key]: value })} />;
  return (
    <Modal opened onClose={close} size="lg" title={isCopy ? t('alertRules.copyTitle', { name: rule.name }) : t('destinations.editTitle', { name: rule.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        {isCopy && <TextInput label={t('common.name')} required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
        <Select label={t('field.severity')} allowDeselect={false} value={tuned.severity} onChange={(value) => set({ severity: value as Severity })} data={severities.map((each) => ({ value: each, label: t(`severity.${each}`) }))} />
        {!rule.state && (
          <>
            <TextInput label={t('destinations.filter')} description={t('alertRules.filterHint')} maxLength={10_000} value={tuned.filter} onChange={(event) => set({ filter: event.currentTarget.value })} />
            <TextInput label={t('alertRules.resolveFilter')} maxLength={10_000} value={tuned.resolve_filter} onChange={(event) => set({ resolve_filter: event.currentTarget.value })} />
            {number('window_s', 'alertRules.window')}
          </>
        )}
        <Group grow>{numbers.slice(0, 2).map(([key, label]) => number(key, label))}</Group>
        <Group grow>{numbers.slice(2).map(([key, label]) => number(key, label))}</Group>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={name.trim() === ''} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
