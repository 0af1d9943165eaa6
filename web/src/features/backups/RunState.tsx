import { Loader, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { BackupRun } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';
import { Ago } from '@/ui/Time';

const colors = { running: stateColor.warn, succeeded: stateColor.good, failed: stateColor.bad } as const;

/** How a run stands, and why it failed; `when`: with the time of its end. */
export function RunState({ run, when = false }: { run: BackupRun; when?: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Dot color={colors[run.state]}>
        {t(`backups.state.${run.state}`)} {when && run.ended && <Ago value={run.ended} />}
        {run.state === 'running' && <Loader size={12} ml={6} aria-label={t('state.loading')} />}
      </Dot>
      {run.error && (
        <Text size="xs" c="dimmed" maw={420}>
          {run.error}
        </Text>
      )}
    </>
  );
}
