import { Alert, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { ProblemError, statusOf } from '@/api/problem';
import { useCan } from '@/api/session';
import type { EffectiveSetting, Policy } from '@/api/types';
import { inheritedValue, problemsOf, refusalsOf, withSetting } from '@/features/policies/draft';
import classes from '@/features/policies/Policies.module.css';
import { RolloutDialog } from '@/features/policies/RolloutDialog';
import { SettingRow } from '@/features/policies/SettingRow';
import { diffDocuments, type PolicyDocument } from '@/lib/diff';
import type { SectionSchema } from '@/lib/schema';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';
import { useWord } from '@/ui/words';

interface PolicyFormProps {
  policy: Policy;
  sections: SectionSchema[];
  /** The parent's effective settings; undefined for the root. */
  inherited: EffectiveSetting[] | undefined;
}

export function PolicyForm({ policy, sections, inherited }: PolicyFormProps) {
  const word = useWord();
  const [draft, setDraft] = useState<PolicyDocument>(policy.document);
  const canWrite = useCan('policies:write');
  const navigate = useNavigate();
  const [isRollingOut, setRollingOut] = useState(false);
  const begun = () => {
    setRollingOut(false);
    setDraft(policy.document);
    void navigate({ to: '/policies/$policyId', params: { policyId: policy.id }, search: { tab: 'rollouts' } });
  };
  const changes = useMemo(() => diffDocuments(policy.document, draft), [policy.document, draft]);
  const problems = useMemo(() => problemsOf(sections, draft), [sections, draft]);
  const save = useSave(policy, draft);
  const refusals = save.error instanceof ProblemError ? refusalsOf(save.error.problem.errors ?? []) : undefined;

  return (
    <Stack gap="md">
      {sections.map((section) => (
        <Paper key={section.name} withBorder p="sm" component="section" aria-label={word('section', section.name)}>
          <Title order={2} size="h5">
            {word('section', section.name)}
          </Title>
          <Text size="sm" c="dimmed" mb="xs">
            {section.description}
          </Text>
          {section.settings.map((schema) => {
            const pointer = `/${section.name}/${schema.key}`;
            return (
              <SettingRow
                key={schema.key}
                schema={schema}
                inherited={inheritedValue(inherited, section.name, schema)}
                own={draft[section.name]?.[schema.key]}
                isReadOnly={!canWrite}
                problem={problems.get(pointer)}
                refusal={refusals?.get(pointer)}
                change={(value) => setDraft((before) => withSetting(before, section.name, schema.key, value))}
              />
            );
          })}
        </Paper>
      ))}
      {save.isError && <SaveProblem error={save.error} />}
      {changes.length > 0 && (
        <SaveBar
          count={changes.length}
          isWrong={problems.size > 0}
          isSaving={save.isPending}
          save={() => save.mutate()}
          rollOut={() => setRollingOut(true)}
          discard={() => setDraft(policy.document)}
        />
      )}
      {isRollingOut && <RolloutDialog policy={policy} document={draft} done={begun} close={() => setRollingOut(false)} />}
    </Stack>
  );
}

function useSave(policy: Policy, document: PolicyDocument) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => bodyOf(api.PATCH('/policies/{id}', { params: { path: { id: policy.id }, header: ifMatch(policy.etag) }, body: { document } })),
    onSuccess: async (saved) => {
      notifyDone(t('policies.saved', { count: saved.agents }));
      client.setQueryData(['policies', policy.id], saved);
      await client.invalidateQueries({ queryKey: ['policies'] });
    },
  });
}

function SaveProblem({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  if (statusOf(error) !== 412) return <Problem error={error} />;
  return (
    <Alert role="alert" color="yellow" variant="outline" title={t('policies.stale')}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t('policies.staleBody')}</Text>
        <Button size="xs" variant="default" onClick={() => void client.invalidateQueries({ queryKey: ['policies'] })}>
          {t('policies.reload')}
        </Button>
      </Stack>
    </Alert>
  );
}

interface SaveBarProps {
  count: number;
  isWrong: boolean;
  isSaving: boolean;
  save: () => void;
  rollOut: () => void;
  discard: () => void;
}

function SaveBar({ count, isWrong, isSaving, save, rollOut, discard }: SaveBarProps) {
  const { t } = useTranslation();
  return (
    <Group className={classes.saveBar ?? ''} justify="flex-end" role="toolbar" aria-label={t('policies.changes', { count })}>
      <Text size="sm">{isWrong ? t('policies.fixFirst') : t('policies.changes', { count })}</Text>
      <Button variant="default" size="xs" onClick={discard}>
        {t('policies.discard')}
      </Button>
      <Button variant="default" size="xs" disabled={isWrong} onClick={rollOut}>
        {t('rollouts.open')}
      </Button>
      <Button size="xs" disabled={isWrong} loading={isSaving} onClick={save}>
        {t('common.save')}
      </Button>
    </Group>
  );
}
