import { Button, Group, Menu, Modal, Stack, Textarea } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { IncidentState } from '@/api/types';
import type { OfIncident } from '@/features/incidents/queries';
import { nextStates } from '@/features/incidents/states';
import { useStep } from '@/features/incidents/useStep';
import { Problem } from '@/ui/Problem';

/** To another state, with a note for the timeline. Closing has its own tab: it takes more. */
export function MoveMenu({ incident }: OfIncident) {
  const { t } = useTranslation();
  const canWrite = useCan('incidents:write');
  const [to, setTo] = useState<IncidentState>();
  return (
    <>
      <Menu position="bottom-end" disabled={!canWrite}>
        <Menu.Target>
          <Button size="xs" rightSection={<IconChevronDown size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')}>
            {t('incidents.move')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {nextStates(incident.state).map((state) => (
            <Menu.Item key={state} onClick={() => setTo(state)}>
              {incident.state === 'closed' ? t('incidents.reopen') : t(`incidentState.${state}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {to && <MoveDialog incident={incident} to={to} close={() => setTo(undefined)} />}
    </>
  );
}

function MoveDialog({ incident, to, close }: OfIncident & { to: IncidentState; close: () => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const move = useStep(incident.id, () => bodyOf(api.POST('/incidents/{id}/state', { params: { path: { id: incident.id } }, body: { state: to, note } })), close);
  return (
    <Modal opened onClose={close} title={t('incidents.moveTo', { state: t(`incidentState.${to}`) })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Textarea label={t('incidents.note')} data-autofocus autosize minRows={2} maxRows={8} maxLength={20_000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        {move.isError && <Problem error={move.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button loading={move.isPending} onClick={() => move.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
