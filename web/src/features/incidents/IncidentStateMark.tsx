import { useTranslation } from 'react-i18next';
import type { IncidentState } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';

const colors = { declared: stateColor.bad, triaged: stateColor.warn, contained: stateColor.warn, eradicated: stateColor.warn, recovered: stateColor.good, closed: stateColor.idle };

export function IncidentStateMark({ state }: { state: IncidentState }) {
  const { t } = useTranslation();
  return <Dot color={colors[state]}>{t(`incidentState.${state}`)}</Dot>;
}
