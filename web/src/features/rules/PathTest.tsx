import { Stack } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { ruleQuery } from '@/api/rules';
import { asRuleFile, isWritable, newFile, pathsOf, supposedOf } from '@/features/rules/paths';
import { PathResult } from '@/features/rules/PathResult';
import { RunButton } from '@/features/rules/RunButton';
import { SupposedFields } from '@/features/rules/SupposedFields';
import { TextArea } from '@/features/rules/TextArea';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';

const route = getRouteApi('/app/rules/test');

/** Rules of integrity monitoring on paths: one of the product, if the address names it, or one's own. */
export function PathTest() {
  const { rule = '' } = route.useSearch();
  const query = useQuery({ ...ruleQuery('integrity', rule), enabled: rule !== '' });
  if (rule === '') return <Form text="" />;
  return <Gate query={query}>{query.data && <Form text={asRuleFile(query.data.text)} />}</Gate>;
}

function Form({ text }: { text: string }) {
  const { t } = useTranslation();
  const [rules, setRules] = useState(text);
  const [paths, setPaths] = useState('');
  const [hasChange, setHasChange] = useState(false);
  const [was, setWas] = useState(newFile);
  const [is, setIs] = useState(newFile);
  const listed = pathsOf(paths, hasChange && isWritable(was) && isWritable(is) ? { was: supposedOf(was), is: supposedOf(is) } : {});
  const test = useMutation({ mutationFn: () => bodyOf(api.POST('/integrity-rule-tests', { body: { rules: asRuleFile(rules), paths: listed } })) });
  const isReady = rules.trim() !== '' && listed.length > 0 && (!hasChange || (isWritable(was) && isWritable(is)));
  return (
    <Stack gap="sm">
      <TextArea label={t('rules.paths')} value={paths} set={setPaths} />
      <TextArea label={t('rules.integrityRules')} value={rules} set={setRules} />
      <RunButton isReady={isReady} isRunning={test.isPending} run={() => test.mutate()} option={{ label: t('rules.suppose'), checked: hasChange, set: setHasChange }} />
      {hasChange && (
        <>
          <SupposedFields legend={t('rules.before')} file={was} set={setWas} />
          <SupposedFields legend={t('rules.after')} file={is} set={setIs} />
        </>
      )}
      {test.isError && <Problem error={test.error} />}
      {test.data && <PathResult result={test.data} />}
    </Stack>
  );
}
