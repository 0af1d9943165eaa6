import { Alert, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { HostChangePage } from '@/api/types';
import { Time } from '@/ui/Time';

/** From when changes are counted, and why some may not be told. */
export function ChangesKnown({ known }: { known: HostChangePage }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm" role="status">
        {known.since ? (
          <>
            {t(`changes.start.${known.start}`)} <Time value={known.since} />. {t('changes.count', { count: known.matching })}
            {known.extended && (
              <>
                {' '}
                {t('changes.extended')} <Time value={known.extended} />.
              </>
            )}
          </>
        ) : (
          t('changes.start.unknown')
        )}
      </Text>
      {known.gaps.length > 0 && (
        <Alert color="yellow" variant="outline" icon={<IconAlertTriangle />} title={t('changes.gaps')}>
          <List size="sm">
            {known.gaps.map((gap) => (
              <List.Item key={gap}>
                {t(`changes.gap.${gap}`)}
                {gap === 'offline' && known.last_seen && (
                  <>
                    {' '}
                    <Time value={known.last_seen} />
                  </>
                )}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}
