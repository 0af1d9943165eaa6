import { FileInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { maxFileBytes } from '@/features/rules/upload';

interface SampleInputProps {
  label: string;
  file: File | null;
  set: (file: File | null) => void;
}

export const isTooLarge = (file: File | null) => file !== null && file.size > maxFileBytes;

/** A file of the person's own computer, of a size that the manager takes. */
export function SampleInput({ label, file, set }: SampleInputProps) {
  const { t } = useTranslation();
  return <FileInput label={label} placeholder={t('rules.choose')} clearable clearButtonProps={{ 'aria-label': t('common.clear') }} value={file} onChange={set} error={isTooLarge(file) ? t('rules.tooLarge') : undefined} />;
}
