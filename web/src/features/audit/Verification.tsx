import { Alert, Code, Text } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AuditVerification } from '@/api/types';

/** What the manager says after it computed everything anew from its database. */
export function Verification({ result }: { result: AuditVerification }) {
  const { t, i18n } = useTranslation();
  return (
    <Alert
      role="status"
      mb="sm"
      variant="outline"
      color={result.intact ? 'green' : 'red'}
      icon={result.intact ? <IconCheck /> : <IconX />}
      title={result.intact ? t('audit.intact') : t('audit.broken')}
    >
      <Text size="sm">{t('audit.entries', { count: result.entries, shown: result.entries.toLocaleString(i18n.language) })}</Text>
      {result.first_bad_index !== null && <Text size="sm">{t('audit.firstBad', { index: result.first_bad_index })}</Text>}
      {result.detail && <Text size="sm">{result.detail}</Text>}
      <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
        {t('audit.root')} <Code>{result.root}</Code>
      </Text>
    </Alert>
  );
}
