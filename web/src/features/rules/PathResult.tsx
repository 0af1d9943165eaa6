import { Code, List, Paper, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { IntegrityPathResult, IntegrityRuleTestResult } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { Severity } from '@/ui/Severity';
import { stateColor } from '@/ui/theme';

/** What is wrong in the rules, and what they say of each path. */
export function PathResult({ result }: { result: IntegrityRuleTestResult }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" component="section" aria-label={t('rules.result')} role="status">
      {result.problem !== null ? (
        <Text size="sm" component="div">
          <Dot color={stateColor.bad}>{t('rules.refused', { why: result.problem })}</Dot>
        </Text>
      ) : (
        <Text size="sm" c="dimmed">
          {t('rules.loaded', { count: result.rules })} {result.others > 0 && t('rules.others', { count: result.others })}
        </Text>
      )}
      {result.results.map((each, index) => (
        // oxlint-disable-next-line no-array-index-key -- the same path may stand there twice
        <PathPaper key={index} path={each} />
      ))}
    </Stack>
  );
}

function PathPaper({ path }: { path: IntegrityPathResult }) {
  const { t } = useTranslation();
  return (
    <Paper withBorder p="xs">
      <Code style={{ overflowWrap: 'anywhere' }}>{path.path}</Code>
      <Text size="sm" component="div">
        <Dot color={path.watched ? stateColor.good : stateColor.idle}>{t(path.watched ? 'rules.watched' : 'rules.notWatched')}</Dot>
      </Text>
      {path.depends_on_file && <Text size="xs">{t('rules.dependsOnFile')}</Text>}
      <List size="sm">
        {path.sets.map((set, index) => (
          // oxlint-disable-next-line no-array-index-key -- a rule may have the same set twice
          <List.Item key={index}>
            <Decision set={set} />
          </List.Item>
        ))}
      </List>
      {path.changes.map((change) => (
        <Text key={`${change.rule} ${change.change}`} size="sm" component="div">
          <Severity value={change.severity} /> {t('rules.wouldTell', { rule: change.rule, change: t(`changes.word.${change.change}`) })} {Object.keys(change.is ?? change.was ?? {}).join(', ')}
          {!change.real_time && ` · ${t('rules.scansOnly')}`}
        </Text>
      ))}
    </Paper>
  );
}

function Decision({ set }: { set: IntegrityPathResult['sets'][number] }) {
  const { t } = useTranslation();
  const tests = Object.entries(set.by?.tests ?? {}).map(([name, pattern]) => `${name}=${pattern}`);
  const by = set.by && [set.by.key || '**', ...tests].join(' ');
  return (
    <>
      {set.rule}: <Code>{`${set.set} ${set.base}`}</Code> – {t(`rules.decision.${set.decision}`)} {by && <Code>{by}</Code>}
      {set.decision === 'watched' && (
        <Text size="xs" c="dimmed">
          {set.attributes.join(', ')}
          {!set.real_time && ` · ${t('rules.scansOnly')}`}
        </Text>
      )}
    </>
  );
}
