import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { api, bodyOf, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { TenantTemplateState } from '@/api/types';
import { templateQuery } from '@/features/tenants/queries';
import { TenantTabs } from '@/features/tenants/TenantTabs';
import { notifyDone } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { Problem } from '@/ui/Problem';
import { Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What every new tenant begins with. */
export function TemplatePage() {
  const { t } = useTranslation();
  const query = useQuery(templateQuery);
  return (
    <>
      <PageHeader title={t('nav.tenants')} />
      <TenantTabs />
      <Gate query={query}>{query.data && <TemplateForm key={query.data.etag} state={query.data} />}</Gate>
    </>
  );
}

/** The template that `text` is, or what is wrong with it as JSON. */
function read(text: string): { template?: TenantTemplateState['template']; error?: string } {
  try {
    return { template: JSON.parse(text) as TenantTemplateState['template'] };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function TemplateForm({ state }: { state: TenantTemplateState }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const nameOf = useActorName();
  const canWrite = useCan('tenants:write');
  const stored = JSON.stringify(state.template, null, 2);
  const [text, setText] = useState(stored);
  const { template, error } = read(text);
  const save = useMutation({
    mutationFn: () => bodyOf(api.PUT('/tenant-template', { params: { header: ifMatch(state.etag) }, body: template ?? {} })),
    onSuccess: () => {
      notifyDone(t('common.saved'));
      return client.invalidateQueries({ queryKey: ['tenant-template'] });
    },
  });
  return (
    <Stack maw={760}>
      <Text size="sm">{t('tenants.templateHelp')}</Text>
      <Textarea
        label={t('tenants.template')}
        description={t('tenants.templateHint')}
        autosize
        minRows={12}
        maxRows={30}
        readOnly={!canWrite}
        styles={{ input: { fontFamily: 'monospace' } }}
        value={text}
        error={error && t('tenants.noJson', { error })}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {state.modified && (
        <Text size="xs" c="dimmed">
          {t('tenants.templateBy', { name: nameOf(state.modified_by) })} <Time value={state.modified} />
        </Text>
      )}
      {save.isError && <Problem error={save.error} />}
      <Group>
        <Button disabled={!canWrite || error !== undefined || text === stored} title={canWrite ? undefined : t('action.noRight')} loading={save.isPending} onClick={() => save.mutate()}>
          {t('common.save')}
        </Button>
        <Button variant="default" disabled={text === stored} onClick={() => setText(stored)}>
          {t('tenants.takeBack')}
        </Button>
      </Group>
    </Stack>
  );
}
