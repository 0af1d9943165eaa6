import { Alert, Button, Code, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ProblemError, statusOf } from '@/api/problem';

/** What went wrong and what can be done. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const problem = error instanceof ProblemError ? error.problem : undefined;
  const isDenied = statusOf(error) === 403;
  return (
    <Alert
      role="alert"
      color={isDenied ? 'gray' : 'red'}
      variant="outline"
      icon={isDenied ? <IconLock /> : <IconAlertTriangle />}
      title={isDenied ? t('state.noPermission') : (problem?.title ?? t('state.unreachable'))}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{isDenied ? t('state.askAdministrator') : (problem?.detail ?? t('state.tryAgainLater'))}</Text>
        {problem?.errors?.map((each) => (
          <Text size="sm" key={each.pointer + each.detail}>
            <Code>{each.pointer}</Code> {each.detail}
          </Text>
        ))}
        {retry && !isDenied && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('common.retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
