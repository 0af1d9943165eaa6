import { Code, CopyButton, Group, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

const shownDigits = 12;

/** The beginning of a hash; all of it on hover, and copied by its button. `of` is what the hash is of. */
export function Hash({ value, of }: { value: string; of: string }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap" component="span">
      <Code title={value}>{value.slice(0, shownDigits)}…</Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <UnstyledButton p={5} lh={0} onClick={copy} title={t(copied ? 'common.copied' : 'common.copy')}>
            <VisuallyHidden>{t('common.copyHashOf', { name: of })}</VisuallyHidden>
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </UnstyledButton>
        )}
      </CopyButton>
    </Group>
  );
}
