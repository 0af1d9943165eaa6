import { Alert, Button, Code, Group, Loader, Text } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Check, Verdict } from '@/features/audit/check';
import { useConfirm } from '@/ui/confirm';
import { Dot } from '@/ui/Dot';
import { Problem } from '@/ui/Problem';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

interface CheckPanelProps {
  check: { data: Check | undefined; isError: boolean; error: unknown; isFetching: boolean; refetch: () => unknown };
  forget: () => Promise<unknown>;
}

/** What this browser found when it computed the log's proofs itself. */
export function CheckPanel({ check, forget }: CheckPanelProps) {
  const { t } = useTranslation();
  if (check.isFetching) {
    return (
      <Group role="status" gap="xs" mb="sm" mih={34}>
        <Loader size="xs" aria-label={t('state.loading')} />
        <Text size="sm">{t('audit.check.running')}</Text>
      </Group>
    );
  }
  if (check.isError) {
    return (
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t('audit.check.notDone')}
        </Text>
        <Problem error={check.error} retry={() => check.refetch()} />
      </div>
    );
  }
  return check.data ? <Result result={check.data} again={() => check.refetch()} forget={forget} /> : null;
}

const looks = {
  held: { color: 'green', icon: <IconShieldCheck /> },
  unable: { color: 'yellow', icon: <IconAlertTriangle /> },
  broken: { color: 'red', icon: <IconShieldX /> },
} as const;

function Result({ result, again, forget }: { result: Check; again: () => unknown; forget: () => Promise<unknown> }) {
  const { t, i18n } = useTranslation();
  const [ask, confirmation] = useConfirm();
  const number = (value: number) => value.toLocaleString(i18n.language);
  const indices = (wanted: Verdict) => [...result.verdicts].filter(([, verdict]) => verdict === wanted).map(([index]) => index);
  const { fault, since } = result;
  const outcome = fault === undefined ? 'held' : fault === 'unable' ? 'unable' : 'broken';
  const held = indices('held').length;
  const unsigned = indices('unsigned').length;
  const isFork = fault === 'otherKey' || fault === 'shrunk' || fault === 'notContinued';
  const forgetThis = () => ask({ title: t('audit.check.forget'), body: t('audit.check.forgetHelp'), button: t('audit.check.forgetButton'), run: forget });
  return (
    <Alert role={outcome === 'broken' ? 'alert' : 'status'} mb="sm" variant="outline" {...looks[outcome]} title={t(`audit.check.${outcome}`)}>
      {fault && <Text size="sm">{t(`audit.fault.${fault}`, { indices: indices('broken').slice(0, 20).map(number).join(', '), before: number(since?.size ?? 0), size: number(result.checkpoint.size) })}</Text>}
      {(fault === undefined || fault === 'entries') && <Text size="sm">{t('audit.check.entries', { count: held, shown: number(held), size: number(result.checkpoint.size) })}</Text>}
      {unsigned > 0 && <Text size="sm">{t('audit.check.unsigned', { count: unsigned, shown: number(unsigned) })}</Text>}
      {!isFork && fault !== 'unable' && (
        <Text size="sm">
          {since ? t('audit.check.since', { size: number(since.size) }) : t('audit.check.first')} {since && <Time value={since.seen} />}
        </Text>
      )}
      <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
        {t('audit.check.signed')} <Time value={result.checkpoint.time} /> · {t('audit.root')} <Code>{result.checkpoint.root}</Code>
      </Text>
      <Group gap="xs" mt="xs">
        <Button size="compact-xs" variant="default" onClick={again}>
          {t('audit.check.again')}
        </Button>
        {isFork && (
          <Button size="compact-xs" variant="default" onClick={forgetThis}>
            {t('audit.check.forget')}
          </Button>
        )}
      </Group>
      {confirmation}
    </Alert>
  );
}

const verdictColor = { held: stateColor.good, broken: stateColor.bad, unsigned: stateColor.idle } as const;

export function VerdictCell({ verdict }: { verdict: Verdict | undefined }) {
  const { t } = useTranslation();
  return <Dot color={verdict ? verdictColor[verdict] : stateColor.idle}>{t(`audit.verdict.${verdict ?? 'unknown'}`)}</Dot>;
}
