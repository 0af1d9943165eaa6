import { Paper, SimpleGrid, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { summaryQuery } from '@/features/fleet/queries';
import { Gate } from '@/ui/States';
import { stateColor } from '@/ui/theme';

export function SummaryTiles() {
  const { t, i18n } = useTranslation();
  const query = useQuery(summaryQuery);
  const summary = query.data;
  const events = Object.values(summary?.events_last_24h ?? {}).reduce((sum, count) => sum + count, 0);
  const tiles = summary
    ? ([
        ['agents', summary.agents, undefined],
        ['online', summary.online, summary.online > 0 ? stateColor.good : undefined],
        ['offline', summary.offline, summary.offline > 0 ? stateColor.bad : undefined],
        ['degraded', summary.degraded_modules, summary.degraded_modules > 0 ? stateColor.warn : undefined],
        ['pending', summary.pending_policies, summary.pending_policies > 0 ? stateColor.warn : undefined],
        ['events', events, undefined],
      ] as const)
    : [];
  return (
    <Gate query={query}>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs" mb="md">
        {tiles.map(([name, count, color]) => (
          <Paper key={name} withBorder px="sm" py={8} style={{ borderLeft: `3px solid ${color ?? 'var(--wd-line)'}` }}>
            <Text size="xl" fw={600} lh={1.2}>
              {count.toLocaleString(i18n.language)}
            </Text>
            <Text size="xs" c="dimmed">
              {t(`fleet.tile.${name}`)}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
    </Gate>
  );
}
