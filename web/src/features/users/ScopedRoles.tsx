import { Button, Fieldset, MultiSelect, Select, Stack, TagsInput, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { groupsQuery, policiesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { emptyScope, type ScopedRole } from '@/features/users/scopes';

interface ScopedRolesProps {
  value: ScopedRole[];
  onChange: (value: ScopedRole[]) => void;
  choices: { value: string; label: string }[];
  disabled: boolean;
  error: string | undefined;
}

/** Roles for a part of the fleet: each with the groups, policies and tags whose hosts it goes for. */
export function ScopedRoles({ value, onChange, choices, disabled, error }: ScopedRolesProps) {
  const { t } = useTranslation();
  const change = (at: number, part: Partial<ScopedRole>) => onChange(value.map((each, index) => (index === at ? { ...each, ...part } : each)));
  return (
    <Stack gap="xs" component="section" aria-label={t('users.scopes')}>
      <Text size="sm" fw={500}>
        {t('users.scopes')}
      </Text>
      <Text size="xs" c="dimmed">
        {t('users.scopesHelp')}
      </Text>
      {value.map((scope, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no name of their own
        <Fieldset key={index} legend={t('users.scopeNumber', { number: index + 1 })} disabled={disabled}>
          <Stack gap="xs">
            <Select label={t('users.role')} required searchable value={scope.role || null} onChange={(role) => change(index, { role: role ?? '' })} data={choices} />
            <Places scope={scope} change={(part) => change(index, part)} />
            <Button size="xs" variant="default" w="fit-content" onClick={() => onChange(value.filter((_, other) => other !== index))}>
              {t('users.removeScope', { number: index + 1 })}
            </Button>
          </Stack>
        </Fieldset>
      ))}
      {error && (
        <Text size="xs" c="red" role="alert">
          {error}
        </Text>
      )}
      <Button size="xs" variant="default" w="fit-content" leftSection={<IconPlus size={14} />} disabled={disabled || value.length >= 32} onClick={() => onChange([...value, emptyScope])}>
        {t('users.addScope')}
      </Button>
    </Stack>
  );
}

/** What is there stays choosable, also where the person may not read its name. */
const withPresent = (known: readonly { id: string; name: string }[], present: readonly string[]) => [
  ...known.map(({ id, name }) => ({ value: id, label: name })),
  ...present.filter((id) => !known.some((each) => each.id === id)).map((id) => ({ value: id, label: id })),
];

function Places({ scope, change }: { scope: ScopedRole; change: (part: Partial<ScopedRole>) => void }) {
  const { t } = useTranslation();
  const groups = useQuery({ ...groupsQuery, enabled: useCan('agents:read') }).data ?? [];
  const policies = useQuery({ ...policiesQuery, enabled: useCan('policies:read') }).data ?? [];
  return (
    <>
      <MultiSelect label={t('fleet.groups')} searchable value={scope.groups} onChange={(ids) => change({ groups: ids })} data={withPresent(groups, scope.groups)} />
      <MultiSelect label={t('nav.policies')} searchable value={scope.policies} onChange={(ids) => change({ policies: ids })} data={withPresent(policies, scope.policies)} />
      <TagsInput label={t('users.tags')} value={scope.tags} onChange={(tags) => change({ tags: tags.map((each) => each.toLowerCase()) })} />
    </>
  );
}
