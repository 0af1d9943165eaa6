// Asking before something that cannot be undone.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '@/ui/Problem';

export interface Question {
  title: string;
  body: ReactNode;
  button: string;
  run: () => Promise<unknown>;
}

/** Gives the function that asks, and the dialog to render. */
export function useConfirm(): [(question: Question) => void, ReactNode] {
  const { t } = useTranslation();
  const [question, setQuestion] = useState<Question>();
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  // The question stays while the dialog fades.
  const ask = useCallback((next: Question) => {
    setQuestion(next);
    setError(undefined);
    setOpen(true);
  }, []);
  const close = () => {
    setOpen(false);
  };
  const confirm = async () => {
    setBusy(true);
    try {
      await question?.run();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const dialog = (
    <Modal opened={isOpen} onClose={close} title={question?.title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text component="div" size="sm">
          {question?.body}
        </Text>
        {error !== undefined && <Problem error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button color="red.9" loading={busy} onClick={confirm}>
            {question?.button}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
  return [ask, dialog];
}
