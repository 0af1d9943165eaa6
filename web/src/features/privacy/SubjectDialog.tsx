import { Button, Group, Modal, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { SubjectRequestCreate } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

type Right = SubjectRequestCreate['right'];
const rights = ['access', 'rectification', 'erasure', 'restriction', 'portability', 'objection'] as const satisfies readonly Right[];

/** Who asks for what, by which names the data knows the person, and since when the clock runs. */
export function SubjectDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [right, setRight] = useState<Right>('access');
  const [person, setPerson] = useState('');
  const [values, setValues] = useState<string[]>([]);
  const [received, setReceived] = useState('');
  const save = useMutation({
    mutationFn: () => bodyOf(api.POST('/subject-requests', { body: { right, person: person.trim(), values, ...(received ? { received: `${received}T00:00:00Z` } : {}) } })),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['subject-requests'] }),
  });
  return (
    <Modal opened onClose={close} title={t('subjects.open')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Select label={t('subjects.right')} required allowDeselect={false} value={right} onChange={(chosen) => chosen && setRight(chosen as Right)} data={rights.map((each) => ({ value: each, label: t(`subjects.rights.${each}`) }))} />
        <TextInput label={t('subjects.person')} description={t('subjects.personHelp')} required maxLength={1000} value={person} onChange={(event) => setPerson(event.currentTarget.value)} />
        <TagsInput label={t('subjects.values')} description={t('subjects.valuesHelp')} required maxTags={5} acceptValueOnBlur value={values} onChange={setValues} />
        <TextInput type="date" label={t('subjects.received')} description={t('subjects.receivedHelp')} value={received} onChange={(event) => setReceived(event.currentTarget.value)} />
        <Text size="sm" c="dimmed">
          {t('subjects.help')}
        </Text>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={person.trim() === '' || values.length === 0} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
