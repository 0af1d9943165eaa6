import { Button, Checkbox, Fieldset, Group, Modal, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { Role } from '@/api/types';
import { useWord } from '@/ui/words';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

interface RoleDialogProps {
  role: Role | undefined;
  allRights: readonly string[];
  close: () => void;
}

/** "agents:read" and "agents:write" under "agents". */
function byArea(rights: readonly string[]): [string, string[]][] {
  const areas = new Map<string, string[]>();
  for (const right of rights) {
    const area = right.split(':', 1)[0] ?? right;
    areas.set(area, [...(areas.get(area) ?? []), right]);
  }
  return [...areas].toSorted(([left], [right]) => left.localeCompare(right));
}

/** A role of the tenant's own. Nobody gives away a right that they do not have: the manager refuses it. */
export function RoleDialog({ role, allRights, close }: RoleDialogProps) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const [name, setName] = useState(role?.name ?? '');
  const [description, setDescription] = useState(role?.description ?? '');
  const [rights, setRights] = useState<string[]>(role?.rights ?? []);
  const isNameWrong = !/^[a-z][a-z0-9-]{0,62}$/.test(name);
  const save = useMutation({
    mutationFn: () =>
      role
        ? bodyOf(api.PATCH('/roles/{name}', { params: { path: { name: role.name }, header: ifMatch(role.etag) }, body: { description, rights } }))
        : bodyOf(api.POST('/roles', { body: { name, description, rights } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['roles'] });
      notifyDone(t('common.saved'));
      close();
    },
  });
  return (
    <Modal opened onClose={close} size="xl" title={role ? t('roles.editTitle', { name: role.name }) : t('roles.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <TextInput label={t('common.name')} description={t('roles.nameHint')} required disabled={role !== undefined} value={name} onChange={(event) => setName(event.currentTarget.value)} error={name !== '' && isNameWrong && t('form.invalid')} />
        <TextInput label={t('roles.description')} maxLength={500} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        <Checkbox.Group label={t('roles.rights')} value={rights} onChange={setRights}>
          <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }} spacing="xs" mt="xs">
            {byArea(allRights).map(([area, list]) => (
              <Fieldset key={area} legend={area} p="xs">
                <Stack gap={10}>
                  {list.map((right) => (
                    <Checkbox key={right} size="xs" value={right} label={word('right', right)} />
                  ))}
                </Stack>
              </Fieldset>
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        {save.isError && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button disabled={isNameWrong || rights.length === 0} loading={save.isPending} onClick={() => save.mutate()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
