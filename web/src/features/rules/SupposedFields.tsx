import { Fieldset, Group, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { TypedFile } from '@/features/rules/paths';

interface SupposedFieldsProps {
  legend: string;
  file: TypedFile;
  set: (file: TypedFile) => void;
}

/** A file as somebody supposes it to be. */
export function SupposedFields({ legend, file, set }: SupposedFieldsProps) {
  const { t } = useTranslation();
  const wrong = (pattern: RegExp, text: string) => (pattern.test(text) ? undefined : t('rules.notThis'));
  return (
    <Fieldset legend={legend}>
      <Group gap="sm" align="start">
        <TextInput size="xs" w={130} label={t('rules.permissions')} maxLength={4} value={file.permissions} error={wrong(/^[0-7]{3,4}$/, file.permissions)} onChange={(event) => set({ ...file, permissions: event.currentTarget.value })} />
        <TextInput size="xs" w={130} label={t('rules.owner')} maxLength={9} value={file.owner} error={wrong(/^\d{1,9}$/, file.owner)} onChange={(event) => set({ ...file, owner: event.currentTarget.value })} />
        <TextInput size="xs" w="min(100%, 320px)" label={t('rules.content')} maxLength={1000} value={file.content} onChange={(event) => set({ ...file, content: event.currentTarget.value })} />
      </Group>
    </Fieldset>
  );
}
