import { Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { GradeForm } from '@/features/incidents/GradeForm';
import { PeopleForm } from '@/features/incidents/PeopleForm';
import type { OfIncident } from '@/features/incidents/queries';
import { formatDuration } from '@/lib/duration';
import { Time } from '@/ui/Time';

const measures = ['notify', 'acknowledge', 'contain', 'close'] as const;

export function OverviewTab({ incident }: OfIncident) {
  const { t, i18n } = useTranslation();
  const nameOf = useActorName();
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs">
        {measures.map((measure) => {
          const seconds = incident.seconds[measure];
          return (
            <Paper key={measure} withBorder p="xs">
              <Text fw={700} size="lg">
                {seconds === null ? '–' : formatDuration(seconds, i18n.language)}
              </Text>
              <Text size="xs" c="dimmed">
                {t(`incidents.measure.${measure}`)}
              </Text>
            </Paper>
          );
        })}
      </SimpleGrid>
      <Text size="sm" c="dimmed" component="div">
        {t('incidents.declaredBy', { name: nameOf(incident.declared_by) })} <Time value={incident.declared} />
      </Text>
      {incident.description && (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>
          {incident.description}
        </Text>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <section>
          <Title order={2} size="h5" mb="xs">
            {t('incidents.people')}
          </Title>
          <PeopleForm key={incident.etag} incident={incident} />
        </section>
        <section>
          <Title order={2} size="h5" mb="xs">
            {t('incidents.grading')}
          </Title>
          <GradeForm key={incident.etag} incident={incident} />
        </section>
      </SimpleGrid>
    </Stack>
  );
}
