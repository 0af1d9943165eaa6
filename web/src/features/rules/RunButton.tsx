import { Button, Group, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';

interface RunButtonProps {
  isReady: boolean;
  isRunning: boolean;
  run: () => void;
  /** The product's rules, or the tenant's signatures. */
  option: { label: string; checked: boolean; set: (on: boolean) => void };
}

export function RunButton({ isReady, isRunning, run, option }: RunButtonProps) {
  const { t } = useTranslation();
  const canTest = useCan('policies:write');
  return (
    <Group>
      <Button disabled={!canTest || !isReady} title={canTest ? undefined : t('action.noRight')} loading={isRunning} onClick={run}>
        {t('rules.run')}
      </Button>
      <Switch label={option.label} checked={option.checked} onChange={(event) => option.set(event.currentTarget.checked)} />
    </Group>
  );
}
