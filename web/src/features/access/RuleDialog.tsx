import { Button, Group, Modal, MultiSelect, Stack, TagsInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rolesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { type AccessRule, builtInRoles } from '@/api/types';
import { Problem } from '@/ui/Problem';
import { useRoleName } from '@/ui/useRoleName';

type Proof = NonNullable<AccessRule['proofs']>[number];
const proofs: readonly Proof[] = ['totp', 'passkey', 'certificate', 'provider'];
const isProof = (text: string): text is Proof => proofs.some((each) => each === text);

export function RuleDialog({ rule, save, close }: { rule: AccessRule | undefined; save: (rule: AccessRule) => Promise<void>; close: () => void }) {
  const { t } = useTranslation();
  const roleName = useRoleName();
  const known = useQuery({ ...rolesQuery, enabled: useCan('roles:read') }).data?.map((role) => role.name) ?? builtInRoles;
  const [roles, setRoles] = useState(rule?.roles ?? []);
  const [networks, setNetworks] = useState(rule?.networks ?? []);
  const [chosen, setChosen] = useState<string[]>(rule?.proofs ?? []);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await save({ roles, networks, proofs: chosen.filter(isProof) });
      close();
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const names = [...new Set([...known, ...roles])].map((role) => ({ value: role, label: roleName(role) }));
  return (
    <Modal opened onClose={close} title={rule ? t('access.change') : t('access.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack>
          <MultiSelect label={t('access.roles')} description={t('access.rolesHelp')} data={names} value={roles} onChange={setRoles} data-autofocus />
          <TagsInput label={t('access.networks')} description={t('access.networksHelp')} value={networks} onChange={setNetworks} maxTags={100} />
          <MultiSelect label={t('access.proofs')} description={t('access.proofsHelp')} data={proofs.map((proof) => ({ value: proof, label: t(`access.proof.${proof}`) }))} value={chosen} onChange={setChosen} />
          {problem !== undefined && <Problem error={problem} />}
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
