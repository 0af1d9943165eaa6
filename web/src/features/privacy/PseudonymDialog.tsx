import { Alert, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { CopyText } from '@/ui/CopyText';
import { Problem } from '@/ui/Problem';

/** The pseudonym of a candidate, and whether the one at hand is theirs. The audit log keeps the reason, not the candidate. */
export function PseudonymDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [value, setValue] = useState('');
  const [pseudonym, setPseudonym] = useState('');
  const [reason, setReason] = useState('');
  const question = useMutation({
    mutationFn: () => bodyOf(api.POST('/privacy/pseudonyms', { body: { value: value.trim(), reason: reason.trim(), ...(pseudonym.trim() ? { pseudonym: pseudonym.trim() } : {}) } })),
  });
  /** An answer stands only beside the question that it answers. */
  const edit = (set: (text: string) => void) => (event: { currentTarget: { value: string } }) => {
    set(event.currentTarget.value);
    question.reset();
  };
  const answer = question.data;
  return (
    <Modal opened onClose={close} title={t('pseudonym.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('pseudonym.help')}</Text>
        <TextInput label={t('pseudonym.value')} description={t('pseudonym.valueHelp')} required maxLength={1000} autoComplete="off" value={value} onChange={edit(setValue)} />
        <TextInput label={t('pseudonym.pseudonym')} description={t('pseudonym.pseudonymHelp')} maxLength={100} autoComplete="off" value={pseudonym} onChange={edit(setPseudonym)} />
        <Textarea label={t('pseudonym.reason')} required autosize minRows={2} maxLength={1000} value={reason} onChange={edit(setReason)} />
        {question.isError && <Problem error={question.error} />}
        {answer && (
          <Stack gap="xs" role="status">
            {answer.same !== undefined && <Alert color={answer.same ? 'green' : 'gray'}>{t(answer.same ? 'pseudonym.same' : 'pseudonym.other')}</Alert>}
            <CopyText value={answer.pseudonym} label={t('pseudonym.answer')} />
          </Stack>
        )}
        <Group justify="flex-end">
          <Button disabled={value.trim() === '' || reason.trim() === ''} loading={question.isPending} onClick={() => question.mutate()}>
            {t('pseudonym.ask')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
