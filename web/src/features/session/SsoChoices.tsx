import { Button, Divider } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { loginProvidersQuery } from '@/api/queries';

/** The identity providers that the tenant's people can log in at. Where there is none, nothing. */
export function SsoChoices({ tenant }: { tenant: string }) {
  const { t } = useTranslation();
  const providers = useQuery(loginProvidersQuery(tenant)).data ?? [];
  if (providers.length === 0) return null;
  return (
    <>
      <Divider label={t('sso.or')} />
      {providers.map(({ id, name }) => (
        <Button key={id} component="a" href={`/api/v1/sso/${encodeURIComponent(tenant)}/${id}/start`} variant="default" fullWidth>
          {t('sso.logInWith', { name })}
        </Button>
      ))}
    </>
  );
}
