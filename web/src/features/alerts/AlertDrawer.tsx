import { Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Alert } from '@/api/types';
import { AlertState } from '@/features/alerts/AlertState';
import { AlertWhy } from '@/features/alerts/AlertWhy';
import { CommentForm } from '@/features/alerts/CommentForm';
import { alertQuery } from '@/features/alerts/queries';
import { Timeline } from '@/features/alerts/Timeline';
import { useAlertActions } from '@/features/alerts/useAlertActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { Severity } from '@/ui/Severity';
import { Gate } from '@/ui/States';

/** One alert: what it means, what to do, why it was opened, and all that has happened since. */
export function AlertDrawer({ id, close }: { id: string | undefined; close: () => void }) {
  const { t, i18n } = useTranslation();
  const query = useQuery({ ...alertQuery(id ?? '', i18n.language), enabled: id !== undefined });
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      position="right"
      size="lg"
      withOverlay={false}
      trapFocus={false}
      shadow="xl"
      title={query.data?.title ?? t('alerts.alert')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      transitionProps={{ duration: 80 }}
    >
      <Gate query={query}>{query.data && <Detail alert={query.data} />}</Gate>
    </Drawer>
  );
}

function Detail({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const { actions, dialogs } = useAlertActions();
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="md">
          <Severity value={alert.severity} />
          <AlertState state={alert.state} />
        </Group>
        <ActionMenu label={t('common.actions')} actions={actions} items={[alert]} />
      </Group>
      {dialogs}
      {alert.meaning && <Text size="sm">{alert.meaning}</Text>}
      {alert.action && (
        <Text size="sm">
          <b>{t('alerts.do')}</b> {alert.action}
        </Text>
      )}
      <Title order={3} size="h6">
        {t('alerts.why')}
      </Title>
      <AlertWhy alert={alert} />
      <Title order={3} size="h6">
        {t('alerts.timeline')}
      </Title>
      <Timeline alert={alert} />
      <CommentForm alert={alert} />
    </Stack>
  );
}
