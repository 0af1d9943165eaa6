import { useTranslation } from 'react-i18next';
import type { ReviewDay } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';

const colors = { running: stateColor.idle, open: stateColor.warn, missed: stateColor.bad, signed: stateColor.good, late: stateColor.warn, recount: stateColor.warn };

export function DayState({ day }: { day: ReviewDay }) {
  const { t } = useTranslation();
  return <Dot color={colors[day.state]}>{t(`reviewState.${day.state}`)}</Dot>;
}
