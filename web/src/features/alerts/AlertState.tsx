import { useTranslation } from 'react-i18next';
import type { Alert } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';

const colors = { open: stateColor.bad, acknowledged: stateColor.warn, silenced: stateColor.idle, resolved: stateColor.good } as const;

export function AlertState({ state }: { state: Alert['state'] }) {
  const { t } = useTranslation();
  return <Dot color={colors[state]}>{t(`alerts.state.${state}`)}</Dot>;
}
