import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { TenantCreated } from '@/api/types';
import { LimitFields, type Partition } from '@/features/tenants/LimitFields';
import { limitKeys, limitsOf, textsOf, wrongLimits } from '@/features/tenants/limits';
import { CopyText } from '@/ui/CopyText';
import { Problem } from '@/ui/Problem';

/** The link of the first administrator is shown here, and never again. */
export function CreateTenantDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<TenantCreated>();
  return (
    <Modal opened onClose={close} title={made ? t('tenants.madeTitle', { name: made.tenant.name }) : t('tenants.add')} closeButtonProps={{ 'aria-label': t('common.close') }} closeOnClickOutside={!made}>
      {made ? <Made made={made} close={close} /> : <CreateForm show={setMade} />}
    </Modal>
  );
}

function CreateForm({ show }: { show: (made: TenantCreated) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [username, setUsername] = useState('admin');
  const [email, setEmail] = useState('');
  const [limits, setLimits] = useState(textsOf({}));
  const [partition, setPartition] = useState<Partition>('');
  const create = useMutation({
    mutationFn: () => {
      const given = limitsOf(limits);
      // What is left empty is left to the template.
      const chosen = Object.fromEntries(limitKeys.filter((key) => given[key] !== null).map((key) => [key, given[key]]));
      return bodyOf(api.POST('/tenants', {
        body: {
          name: name.trim(),
          administrator: { username: username.trim(), ...(email.trim() ? { email: email.trim() } : {}) },
          limits: chosen,
          ...(partition ? { event_partition: partition } : {}),
        },
      }));
    },
    onSuccess: show,
    onSettled: () => client.invalidateQueries({ queryKey: ['tenants'] }),
  });
  const isReady = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name.trim()) && username.trim() !== '' && wrongLimits(limits).length === 0;
  return (
    <Stack component="form" onSubmit={(event) => { event.preventDefault(); if (isReady) create.mutate(); }}>
      <TextInput label={t('common.name')} description={t('tenants.nameHint')} required data-autofocus autoComplete="off" value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput label={t('tenants.administrator')} required autoComplete="off" value={username} onChange={(event) => setUsername(event.currentTarget.value)} />
      <TextInput label={t('users.email')} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      <LimitFields limits={limits} partition={partition} change={(next, size) => { setLimits(next); setPartition(size); }} />
      <Text size="xs" c="dimmed">
        {t('tenants.templateNote')}
      </Text>
      {create.isError && <Problem error={create.error} />}
      <Group justify="flex-end">
        <Button type="submit" disabled={!isReady} loading={create.isPending}>
          {t('tenants.make')}
        </Button>
      </Group>
    </Stack>
  );
}

function Made({ made, close }: { made: TenantCreated; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Alert color="blue" variant="outline">
        {t('tenants.once', { username: made.username })}
      </Alert>
      <CopyText label={t('users.link')} value={window.location.origin + made.link.path} />
      <Group justify="flex-end">
        <Button onClick={close}>{t('common.done')}</Button>
      </Group>
    </Stack>
  );
}
