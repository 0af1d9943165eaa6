import { Alert, Code, Paper, Spoiler, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { LogFinding, LogRuleTestResult } from '@/api/types';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';

/** What is wrong in the texts, and what came of each line. */
export function TestResult({ result }: { result: LogRuleTestResult }) {
  const { t } = useTranslation();
  return (
    <section aria-label={t('rules.result')} role="status">
      {result.problems.map((each) => (
        <Text key={`${each.file}:${each.line}:${each.message}`} size="sm">
          <Dot color={each.severity === 'error' ? stateColor.bad : stateColor.warn}>
            {each.file}:{each.line} {each.message}
          </Dot>
        </Text>
      ))}
      <Text size="sm" c="dimmed" mb="xs">
        {t('rules.loaded', { count: result.rules })}
      </Text>
      {!result.complete && <Alert variant="outline" color="yellow" mb="xs" title={t('rules.incomplete')} />}
      {result.results.map((each, index) => (
        // oxlint-disable-next-line no-array-index-key -- the same line may stand there twice
        <Line key={index} finding={each} />
      ))}
    </section>
  );
}

function Line({ finding }: { finding: LogFinding }) {
  const { t } = useTranslation();
  const fields = Object.entries(finding.fields);
  return (
    <Paper withBorder p="xs" mb="xs">
      <Code style={{ overflowWrap: 'anywhere' }}>{finding.line}</Code>
      <Text size="sm" component="div">
        {finding.rule_id === null ? (
          <Dot color={stateColor.idle}>{t('rules.noRule')}</Dot>
        ) : (
          <Dot color={finding.alert ? stateColor.bad : stateColor.idle}>
            {t('rules.matched', { rule: finding.rule_id, level: finding.level })} {finding.description}
          </Dot>
        )}
        {(finding.sigma ?? []).map((each) => (
          <Dot key={each.id} color={stateColor.bad}>
            Sigma: {each.title}
          </Dot>
        ))}
      </Text>
      <Text size="xs" c="dimmed">
        {finding.decoder ? t('rules.decodedBy', { decoder: finding.decoder }) : t('rules.notDecoded')}
        {fields.length > 0 && ` · ${fields.map(([key, value]) => `${key}=${value}`).join(' ')}`}
      </Text>
      {finding.trace && finding.trace.length > 0 && (
        <Spoiler maxHeight={0} showLabel={t('rules.showTrace')} hideLabel={t('rules.hideTrace')}>
          <Text size="xs" ff="monospace" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {finding.trace.join('\n')}
          </Text>
        </Spoiler>
      )}
    </Paper>
  );
}
