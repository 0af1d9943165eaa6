import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { healthQuery } from '@/features/health/queries';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';

/** Whether anything below needs somebody; its line is there before the answer is. */
export function Verdict() {
  const { t } = useTranslation();
  const { data } = useQuery(healthQuery);
  return (
    <Text component="div" size="sm" fw={600} mb="sm" mih="1.55em" role="status">
      {data && <Dot color={data.healthy ? stateColor.good : stateColor.bad}>{t(data.healthy ? 'health.well' : 'health.unwell')}</Dot>}
    </Text>
  );
}
