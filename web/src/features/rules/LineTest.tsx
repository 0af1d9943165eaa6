import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { RunButton } from '@/features/rules/RunButton';
import { TestResult } from '@/features/rules/TestResult';
import { TextArea } from '@/features/rules/TextArea';
import { Problem } from '@/ui/Problem';

const maxLines = 1000;
const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => line !== '').slice(0, maxLines);

/** Rules of log inspection on lines of a log. */
export function LineTest() {
  const { t } = useTranslation();
  const [lines, setLines] = useState('');
  const [rules, setRules] = useState('');
  const [decoders, setDecoders] = useState('');
  const [sigma, setSigma] = useState('');
  const [withPacks, setWithPacks] = useState(true);
  const test = useMutation({
    mutationFn: () => {
      const own = { ...(rules ? { rules } : {}), ...(decoders ? { decoders } : {}), ...(sigma ? { sigma } : {}) };
      return bodyOf(api.POST('/log-rule-tests', { body: { dialect: 'wazuh', with_packs: withPacks, lines: linesOf(lines), explain: true, ...own } }));
    },
  });
  return (
    <>
      <TextArea label={t('rules.lines')} value={lines} set={setLines} />
      <TextArea label={t('rules.ownRules')} value={rules} set={setRules} />
      <TextArea label={t('rules.ownDecoders')} value={decoders} set={setDecoders} />
      <TextArea label={t('rules.ownSigma')} value={sigma} set={setSigma} />
      <RunButton isReady={linesOf(lines).length > 0} isRunning={test.isPending} run={() => test.mutate()} option={{ label: t('rules.withPacks'), checked: withPacks, set: setWithPacks }} />
      {test.isError && <Problem error={test.error} />}
      {test.data && <TestResult result={test.data} />}
    </>
  );
}
