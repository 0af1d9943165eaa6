import { FileInput, Stack, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface PemInputProps {
  label: string;
  description: string;
  value: string;
  set: (text: string) => void;
  largest: number;
}

/** Certificates or revocation lists in PEM: pasted, or read from a file of the person's own computer. */
export function PemInput({ label, description, value, set, largest }: PemInputProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Textarea label={label} description={description} placeholder="-----BEGIN …" required minRows={4} maxRows={10} autosize maxLength={largest} spellCheck={false} value={value} onChange={(event) => set(event.currentTarget.value)} />
      <FileInput label={t('certificates.file')} placeholder={t('rules.choose')} value={null} onChange={(file) => void file?.slice(0, largest).text().then(set)} />
    </Stack>
  );
}
