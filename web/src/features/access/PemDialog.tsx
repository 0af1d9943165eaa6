import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PemInput } from '@/features/access/PemInput';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

interface PemDialogProps {
  title: string;
  label: string;
  description: string;
  largest: number;
  /** It is given a name, too. */
  named?: boolean;
  send: (values: { name: string; pem: string }) => Promise<void>;
  close: () => void;
}

export function PemDialog({ title, label, description, largest, named = false, send, close }: PemDialogProps) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [pem, setPem] = useState('');
  const save = useMutation({
    mutationFn: () => send({ name: name.trim(), pem }),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
  });
  return (
    <Modal opened onClose={close} size="lg" title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          {named && <TextInput label={t('common.name')} required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />}
          <PemInput label={label} description={description} value={pem} set={setPem} largest={largest} />
          {save.isError && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button type="submit" disabled={pem.trim() === '' || (named && name.trim() === '')} loading={save.isPending}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
