import { SegmentedControl, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Inherited } from '@/features/policies/draft';
import classes from '@/features/policies/Policies.module.css';
import { SettingInput } from '@/features/policies/SettingInput';
import { isSettingValue, type SettingProblem, type SettingSchema, type SettingValue } from '@/lib/schema';

interface SettingRowProps {
  schema: SettingSchema;
  inherited: Inherited;
  /** What this policy sets itself; undefined when it inherits. */
  own: unknown;
  isReadOnly: boolean;
  problem: SettingProblem | undefined;
  refusal: string | undefined;
  change: (value: SettingValue | undefined) => void;
}

export function useProblemText(): (problem: SettingProblem) => string {
  const { t } = useTranslation();
  return (problem) => {
    switch (problem.code) {
      case 'low':
        return t('form.atLeast', { limit: problem.limit });
      case 'high':
        return t('form.atMost', { limit: problem.limit });
      case 'choice':
        return t('form.notAllowed', { value: problem.value });
      default:
        return t('form.integer');
    }
  };
}

export function SettingRow({ schema, inherited, own, isReadOnly, problem, refusal, change }: SettingRowProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const isOwn = isSettingValue(own);
  const value = isOwn ? own : inherited.value;
  return (
    <div className={classes.setting} data-own={isOwn || undefined}>
      <div>
        <Text size="sm" fw={600} ff="monospace">
          {schema.key}
        </Text>
        <Text size="xs" c="dimmed">
          {schema.description}
        </Text>
      </div>
      <Stack gap={2} align="flex-start" className={classes.origin ?? ''}>
        <SegmentedControl
          size="xs"
          aria-label={t('policies.sourceOf', { key: schema.key })}
          disabled={isReadOnly}
          value={isOwn ? 'own' : 'inherited'}
          onChange={(source) => change(source === 'own' ? inherited.value : undefined)}
          data={[
            { value: 'inherited', label: t('policies.inherited') },
            { value: 'own', label: t('policies.overridden') },
          ]}
        />
        <Text size="xs" c="dimmed">
          {isOwn ? t('policies.setHere') : <Origin origin={inherited.origin} />}
        </Text>
      </Stack>
      <SettingInput schema={schema} value={value} isDisabled={!isOwn || isReadOnly} error={refusal ?? (problem && textOf(problem))} change={change} />
    </div>
  );
}

function Origin({ origin }: { origin: Inherited['origin'] }) {
  const { t } = useTranslation();
  if (!origin) return t('policies.builtIn');
  return (
    <>
      {t('policies.from')}{' '}
      <Link to="/policies/$policyId" params={{ policyId: origin.id }} className={classes.originLink ?? ''}>
        {origin.name}
      </Link>
    </>
  );
}
