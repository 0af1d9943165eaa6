import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { healthColor, healthQuery } from '@/features/health/queries';
import { formatBytes } from '@/lib/bytes';
import { Dot } from '@/ui/Dot';
import { Fact } from '@/ui/Facts';

/** Whether the database answers and the disk has room; nothing for those who do not look after the manager. */
export function Stores() {
  const { t, i18n } = useTranslation();
  const { database, disk } = useQuery(healthQuery).data ?? {};
  const size = (bytes: number) => formatBytes(bytes, i18n.language);
  return (
    <>
      {database && (
        <Fact name={t('health.database')}>
          <Dot color={healthColor[database.state]}>{t(`health.states.${database.state}`)}</Dot> {database.error}
        </Fact>
      )}
      {disk && (
        <Fact name={t('health.disk')}>
          <Dot color={healthColor[disk.state]}>{t('health.free', { some: size(disk.available_bytes), all: size(disk.total_bytes) })}</Dot> {disk.state === 'low' ? t('health.diskTodo') : disk.error}
        </Fact>
      )}
    </>
  );
}
