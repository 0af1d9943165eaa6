import { Code, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { FileTrialResult } from '@/api/types';
import { RunButton } from '@/features/rules/RunButton';
import { isTooLarge, SampleInput } from '@/features/rules/SampleInput';
import { TextArea } from '@/features/rules/TextArea';
import { uploadOf } from '@/features/rules/upload';
import { Dot } from '@/ui/Dot';
import { Problem } from '@/ui/Problem';
import { stateColor } from '@/ui/theme';

/** YARA rules and signatures on a file. */
export function FileTest() {
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const [rules, setRules] = useState('');
  const [withSignatures, setWithSignatures] = useState(true);
  const test = useMutation({
    mutationFn: (sample: File) => {
      const { bytes, request } = uploadOf(rules, sample);
      return bodyOf(api.POST('/file-rule-tests', { params: { query: { rules_bytes: bytes, with_signatures: withSignatures, name: sample.name.slice(0, 255) } }, ...request }));
    },
  });
  return (
    <>
      <SampleInput label={t('rules.file')} file={file} set={setFile} />
      <TextArea label={t('rules.ownYara')} value={rules} set={setRules} />
      <RunButton isReady={file !== null && !isTooLarge(file)} isRunning={test.isPending} run={() => file && test.mutate(file)} option={{ label: t('rules.withSignatures'), checked: withSignatures, set: setWithSignatures }} />
      {test.isError && <Problem error={test.error} />}
      {test.data && <Result result={test.data} />}
    </>
  );
}

function Verdict({ result: { verdict, engine, signature, reason } }: { result: FileTrialResult }) {
  const { t } = useTranslation();
  if (verdict === 'clean') return <Dot color={stateColor.good}>{t('rules.clean')}</Dot>;
  if (verdict === 'error') return <Dot color={stateColor.warn}>{t('rules.notJudged', { reason })}</Dot>;
  return <Dot color={stateColor.bad}>{t('rules.found', { engine, signature })}</Dot>;
}

function Result({ result }: { result: FileTrialResult }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" component="section" aria-label={t('rules.result')} role="status">
      {result.warnings.map((each) => (
        <Text key={each} size="sm" component="div">
          <Dot color={stateColor.bad}>{each}</Dot>
        </Text>
      ))}
      <Text component="div">
        <Verdict result={result} />
      </Text>
      <Text size="sm" c="dimmed">
        {t('rules.loaded', { count: result.rules })} {t('rules.signaturesLoaded', { count: result.signatures })}
      </Text>
      {result.left_out.length > 0 && <Text size="sm">{t('rules.leftOut', { names: result.left_out.join(', ') })}</Text>}
      <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
        SHA-256 <Code>{result.sha256}</Code>
      </Text>
    </Stack>
  );
}
