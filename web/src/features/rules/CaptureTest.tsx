import { Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { CaptureFinding, CaptureTrialResult } from '@/api/types';
import { RunButton } from '@/features/rules/RunButton';
import { isTooLarge, SampleInput } from '@/features/rules/SampleInput';
import { TextArea } from '@/features/rules/TextArea';
import { uploadOf } from '@/features/rules/upload';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

/** Rules of intrusion prevention on packets. */
export function CaptureTest() {
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const [rules, setRules] = useState('');
  const [withPacks, setWithPacks] = useState(true);
  const test = useMutation({
    mutationFn: (sample: File) => {
      const { bytes, request } = uploadOf(rules, sample);
      return bodyOf(api.POST('/capture-rule-tests', { params: { query: { rules_bytes: bytes, with_packs: withPacks } }, ...request }));
    },
  });
  return (
    <>
      <SampleInput label={t('rules.capture')} file={file} set={setFile} />
      <TextArea label={t('rules.ownIps')} value={rules} set={setRules} />
      <RunButton isReady={file !== null && !isTooLarge(file)} isRunning={test.isPending} run={() => file && test.mutate(file)} option={{ label: t('rules.withPacks'), checked: withPacks, set: setWithPacks }} />
      {test.isError && <Problem error={test.error} />}
      {test.data && <Result result={test.data} />}
    </>
  );
}

const loaded = { isPending: false, isError: false, error: null, refetch: () => undefined };

function Result({ result }: { result: CaptureTrialResult }) {
  const { t } = useTranslation();
  const columns = useMemo<Column<CaptureFinding>[]>(
    () => [
      { id: 'packet', header: t('rules.packet'), cell: ({ row }) => row.original.packet },
      { id: 'time', header: t('field.time'), cell: ({ row }) => <Time value={row.original.time} /> },
      { id: 'rule', header: t('field.rule'), cell: ({ row: { original } }) => `${original.rule} ${original.message}` },
      { id: 'pack', header: t('rules.pack'), cell: ({ row }) => row.original.pack || t('rules.own') },
      { id: 'from', header: t('rules.from'), cell: ({ row: { original } }) => `${original.source}:${original.source_port}` },
      { id: 'to', header: t('rules.to'), cell: ({ row: { original } }) => `${original.destination}:${original.destination_port}` },
      { id: 'blocked', header: t('rules.would'), cell: ({ row }) => t(row.original.blocked ? 'rules.block' : 'rules.report') },
    ],
    [t],
  );
  return (
    <Stack gap="xs" component="section" aria-label={t('rules.result')} role="status">
      {result.problems.map((each) => (
        <Text key={`${each.line}:${each.message}`} size="sm" component="div">
          <Dot color={stateColor.bad}>{t('rules.line', { line: each.line, message: each.message })}</Dot>
        </Text>
      ))}
      <Text size="sm" c="dimmed">
        {t('rules.loaded', { count: result.rules })} {t('rules.packets', { count: result.packets })}
      </Text>
      {result.ended !== null && (
        <Text size="sm" component="div">
          <Dot color={stateColor.warn}>{t('rules.ended', { why: result.ended })}</Dot>
        </Text>
      )}
      {result.total > result.findings.length && <Text size="sm">{t('rules.firstOf', { count: result.total })}</Text>}
      <DataTable label={t('rules.findings')} query={loaded} items={result.findings} columns={columns} rowId={(each) => `${each.packet}/${each.rule}/${each.source_port}`} empty={<Empty title={t('rules.nothing')} />} />
    </Stack>
  );
}
