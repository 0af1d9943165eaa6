import { ActionIcon, Button, Fieldset, Group, MultiSelect, Stack, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { rolesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { builtInRoles, type IdentityProvider } from '@/api/types';
import { useRoleName } from '@/ui/useRoleName';

type Mapping = IdentityProvider['mappings'][number];

/** Which group of the provider's has which roles here. */
export function Mappings({ value, onChange }: { value: Mapping[]; onChange: (value: Mapping[]) => void }) {
  const { t } = useTranslation();
  const roleName = useRoleName();
  const known = useQuery({ ...rolesQuery, enabled: useCan('roles:read') }).data?.map((role) => role.name) ?? builtInRoles;
  const change = (place: number, part: Partial<Mapping>) => onChange(value.map((each, index) => (index === place ? { ...each, ...part } : each)));
  return (
    <Fieldset legend={t('providers.mappings')}>
      <Stack gap="xs">
        {value.map((each, place) => (
          // The place is what a line is: groups change while they are typed.
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={place} align="end" wrap="nowrap">
            <TextInput flex={1} label={t('providers.group')} description={place === 0 ? t('providers.groupHelp') : undefined} value={each.group} onChange={(event) => change(place, { group: event.currentTarget.value })} />
            <MultiSelect flex={1} label={t('providers.roles')} data={[...new Set([...known, ...(each.roles ?? [])])].map((role) => ({ value: role, label: roleName(role) }))} value={each.roles ?? []} onChange={(roles) => change(place, { roles })} />
            <ActionIcon variant="default" size="lg" aria-label={t('providers.removeMapping', { number: place + 1 })} onClick={() => onChange(value.filter((_, index) => index !== place))}>
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button size="xs" variant="default" onClick={() => onChange([...value, { group: '', roles: [] }])}>
          {t('providers.addMapping')}
        </Button>
      </Stack>
    </Fieldset>
  );
}
