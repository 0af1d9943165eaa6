import { Button, Group, Modal, NumberInput, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import { groupsQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Policy, RolloutRingDraft } from '@/api/types';
import { ChangeTable } from '@/features/policies/ChangeTable';
import { parseRings, type RingProblem } from '@/features/policies/rings';
import { diffDocuments, type PolicyDocument } from '@/lib/diff';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

interface RolloutDialogProps {
  policy: Policy;
  document: PolicyDocument;
  /** The roll-out began. */
  done: () => void;
  close: () => void;
}

/** A change of a policy is sent from ring to ring instead of to all hosts at once. */
export function RolloutDialog({ policy, document, done, close }: RolloutDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canSeeGroups = useCan('agents:read');
  const groups = useQuery({ ...groupsQuery, enabled: canSeeGroups }).data ?? [];
  const [text, setText] = useState('canary: 5%\nearly: 25%');
  const [soak, setSoak] = useState(15);
  const [unhealthy, setUnhealthy] = useState(0);
  const parsed = parseRings(text, groups);
  const problemText = ({ code, line }: RingProblem) => t(`rollouts.problem.${code}`, { line });
  const start = useMutation({
    mutationFn: (rings: RolloutRingDraft[]) =>
      bodyOf(
        api.POST('/policies/{id}/rollouts', {
          params: { path: { id: policy.id }, header: { ...ifMatch(policy.etag), ...idempotencyKey() } },
          body: { document, rings, soak_s: soak * 60, max_unhealthy_percent: unhealthy },
        }),
      ),
    onSuccess: () => {
      notifyDone(t('rollouts.begun'));
      done();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['policies'] }),
  });
  return (
    <Modal opened onClose={close} size="lg" title={t('rollouts.start')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('rollouts.about')}</Text>
        <ChangeTable changes={diffDocuments(policy.document, document)} />
        <Textarea
          label={t('rollouts.rings')}
          description={t('rollouts.ringsHint')}
          autosize
          minRows={2}
          maxRows={7}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={'problem' in parsed && problemText(parsed.problem)}
        />
        <Group grow align="flex-start">
          <NumberInput label={t('rollouts.soak')} description={t('rollouts.soakHint')} min={1} max={43_200} allowDecimal={false} value={soak} onChange={(value) => setSoak(Number(value) || 1)} />
          <NumberInput label={t('rollouts.unhealthy')} description={t('rollouts.unhealthyHint')} min={0} max={100} allowDecimal={false} value={unhealthy} onChange={(value) => setUnhealthy(Number(value) || 0)} />
        </Group>
        {start.isError && <Problem error={start.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button disabled={'problem' in parsed} loading={start.isPending} onClick={() => 'rings' in parsed && start.mutate(parsed.rings)}>
            {t('rollouts.begin')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
