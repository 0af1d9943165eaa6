import { Button, Group, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { sessionQuery, userCertificatesQuery, usersQuery } from '@/api/queries';
import { PemInput } from '@/features/access/PemInput';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

const largestCertificate = 100_000;

/** Says whose a certificate is; for one's own the password, and the second factor where there is one. */
export function UserCertificateDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data?.user.id;
  const users = useQuery(usersQuery).data ?? [];
  const [user, setUser] = useState<string | null>(null);
  const [name, setName] = useState('');
  const [pem, setPem] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const isOwn = user !== null && user === me;
  const save = useMutation({
    mutationFn: (userId: string) =>
      bodyOf(api.POST('/user-certificates', { body: { user_id: userId, name: name.trim(), certificate: pem, ...(isOwn ? { password, ...(code.trim() ? { code: code.trim() } : {}) } : {}) } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: userCertificatesQuery.queryKey });
      notifyDone(t('common.saved'));
      close();
    },
  });
  const isWhole = user !== null && name.trim() !== '' && pem.trim() !== '' && (!isOwn || password !== '');
  return (
    <Modal opened onClose={close} size="lg" title={t('certificates.addToUser')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (user !== null) save.mutate(user);
        }}
      >
        <Stack>
          <Select label={t('certificates.user')} required searchable value={user} onChange={setUser} data={users.map((each) => ({ value: each.id, label: each.username }))} />
          <TextInput label={t('common.name')} description={t('certificates.nameHelp')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PemInput label={t('certificates.certificate')} description={t('certificates.userPem')} value={pem} set={setPem} largest={largestCertificate} />
          {isOwn && (
            <>
              <PasswordInput label={t('session.currentPassword')} required autoComplete="current-password" visibilityToggleButtonProps={{ 'aria-label': t('session.showPassword') }} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
              <TextInput label={t('factor.code')} description={t('certificates.codeHelp')} autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} />
            </>
          )}
          {save.isError && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button type="submit" disabled={!isWhole} loading={save.isPending}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
