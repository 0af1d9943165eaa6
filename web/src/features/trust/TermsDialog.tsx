import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { DocumentTerms } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

/** The next version, which begins with the words of the one in force. */
export function TermsDialog({ inForce, close }: { inForce: DocumentTerms | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState({ en: inForce?.text.en ?? '', ja: inForce?.text.ja ?? '' });
  const publish = useMutation({
    mutationFn: () => bodyOf(api.POST('/trust/terms', { body: { en: text.en.trim(), ja: text.ja.trim() } })),
    onSuccess: () => {
      notifyDone(t('terms.published'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['trust'] }),
  });
  const isNew = text.en.trim() !== inForce?.text.en || text.ja.trim() !== inForce.text.ja;
  return (
    <Modal opened onClose={close} size="lg" title={t('terms.publish')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('terms.publishHelp')}</Text>
        {(['en', 'ja'] as const).map((language) => (
          <Textarea key={language} label={t(`terms.${language}`)} lang={language} required autosize minRows={4} maxRows={14} maxLength={20_000} value={text[language]} onChange={(event) => setText({ ...text, [language]: event.currentTarget.value })} />
        ))}
        {publish.isError && <Problem error={publish.error} />}
        <Group justify="flex-end">
          <Button disabled={text.en.trim() === '' || text.ja.trim() === '' || !isNew} loading={publish.isPending} onClick={() => publish.mutate()}>
            {t('terms.publish')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
