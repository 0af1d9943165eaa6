import { Button, Group as Row, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey, ifMatch } from '@/api/client';
import { matchingHostsQuery } from '@/api/hosts';
import { smartGroupsQuery } from '@/api/queries';
import type { SmartGroup } from '@/api/types';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

/** A new smart group, or another name or filter for one; says how many hosts the filter matches. */
export function SmartGroupDialog({ group, close }: { group: SmartGroup | undefined; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(group?.name ?? '');
  const [filter, setFilter] = useState(group?.filter ?? '');
  const [tried] = useDebouncedValue(filter.trim(), 400);
  const matching = useQuery({ ...matchingHostsQuery(tried), enabled: tried !== '', retry: false });
  const body = { name: name.trim(), filter: filter.trim() };
  const save = useMutation({
    mutationFn: () =>
      group
        ? bodyOf(api.PUT('/smart-groups/{id}', { params: { path: { id: group.id }, header: ifMatch(group.etag) }, body }))
        : bodyOf(api.POST('/smart-groups', { params: { header: idempotencyKey() }, body })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: smartGroupsQuery.queryKey });
      notifyDone(t('common.saved'));
      close();
    },
  });
  return (
    <Modal opened onClose={close} size="lg" title={group ? group.name : t('smart.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          <TextInput label={t('common.name')} required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Textarea label={t('smart.filter')} description={t('smart.example')} required autosize minRows={2} maxLength={8192} spellCheck={false} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />
          {matching.isError && <Problem error={matching.error} />}
          {matching.data && tried !== '' && (
            <Text size="sm" role="status">
              {t('smart.matches', { count: matching.data.agents })}
            </Text>
          )}
          {save.isError && <Problem error={save.error} />}
          <Row justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" disabled={body.name === '' || body.filter === ''} loading={save.isPending}>
              {t('common.save')}
            </Button>
          </Row>
        </Stack>
      </form>
    </Modal>
  );
}
