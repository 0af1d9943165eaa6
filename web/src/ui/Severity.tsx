import { useTranslation } from 'react-i18next';
import type { Severity as SeverityName } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { severityColor } from '@/ui/theme';

export function Severity({ value }: { value: SeverityName }) {
  const { t } = useTranslation();
  return <Dot color={severityColor[value]}>{t(`severity.${value}`)}</Dot>;
}
