import { Button, Group, Modal, NumberInput, PasswordInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { NoticeChannel } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const languages = ['en', 'ja', 'both'] as const;
const securities = ['starttls', 'tls', 'none'] as const;
const mailSettings = z.object({
  host: z.string().catch(''),
  port: z.number().catch(587),
  security: z.enum(securities).catch('starttls'),
  from: z.string().catch(''),
  to: z.array(z.string()).catch([]),
  username: z.string().catch(''),
  ca_pem: z.string().catch(''),
});
const lines = (text: string) => text.split(/[\s,]+/).filter((each) => each !== '');

/** A mail server; of other kinds only the name and the language, what they need else the command line sets. */
export function ChannelDialog({ channel, close }: { channel: NoticeChannel | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const isMail = !channel || channel.kind === 'mail';
  const [name, setName] = useState(channel?.name ?? '');
  const [language, setLanguage] = useState<NoticeChannel['language']>(channel?.language ?? 'en');
  const [settings, setSettings] = useState(() => mailSettings.parse(channel?.settings ?? {}));
  const [secret, setSecret] = useState('');
  const set = (part: Partial<typeof settings>) => setSettings((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), language, ...(secret ? { secret } : {}), ...(isMail ? { settings: { ...channel?.settings, ...settings } } : {}) };
      if (channel) return bodyOf(api.PATCH('/notice-channels/{id}', { params: { path: { id: channel.id }, header: ifMatch(channel.etag) }, body }));
      return bodyOf(api.POST('/notice-channels', { body: { ...body, kind: 'mail', settings } }));
    },
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['notice-channels'] }),
  });
  return (
    <Modal opened onClose={close} size="lg" title={channel ? t('destinations.editTitle', { name: channel.name }) : t('channels.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Group grow>
          <TextInput label={t('common.name')} required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Select label={t('channels.language')} allowDeselect={false} value={language} onChange={(value) => setLanguage(value as NoticeChannel['language'])} data={languages.map((each) => ({ value: each, label: t(`channels.languages.${each}`) }))} />
        </Group>
        {isMail && (
          <>
            <Group grow align="start">
              <TextInput label={t('channels.server')} required value={settings.host} onChange={(event) => set({ host: event.currentTarget.value })} />
              <NumberInput label={t('channels.port')} min={1} max={65_535} value={settings.port} onChange={(value) => typeof value === 'number' && set({ port: value })} />
              <Select label={t('channels.security')} allowDeselect={false} value={settings.security} onChange={(value) => set({ security: value as 'tls' })} data={securities.map((each) => ({ value: each, label: t(`channels.securities.${each}`) }))} />
            </Group>
            <TextInput label={t('channels.from')} required value={settings.from} onChange={(event) => set({ from: event.currentTarget.value })} />
            <Textarea label={t('channels.to')} description={t('channels.toHint')} autosize minRows={1} defaultValue={settings.to.join('\n')} onChange={(event) => set({ to: lines(event.currentTarget.value) })} />
            <Group grow>
              <TextInput label={t('channels.username')} autoComplete="off" value={settings.username} onChange={(event) => set({ username: event.currentTarget.value })} />
              <PasswordInput label={t('channels.password')} autoComplete="new-password" placeholder={channel?.has_secret ? t('channels.isKept') : undefined} value={secret} onChange={(event) => setSecret(event.currentTarget.value)} />
            </Group>
            <Textarea label={t('channels.ca')} description={t('channels.caHint')} autosize minRows={2} maxRows={6} value={settings.ca_pem} onChange={(event) => set({ ca_pem: event.currentTarget.value })} />
          </>
        )}
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
