import { useTranslation } from 'react-i18next';
import { certificateState } from '@/features/access/certificateState';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

const colors = { valid: stateColor.good, soon: stateColor.warn, expired: stateColor.bad };

/** The last moment of a certificate, and whether it has come or is near. */
export function Until({ value }: { value: string }) {
  const { t } = useTranslation();
  const state = certificateState(value, useClock());
  return (
    <Dot color={colors[state]}>
      {t(`certificates.state.${state}`)} · <Time value={value} />
    </Dot>
  );
}
