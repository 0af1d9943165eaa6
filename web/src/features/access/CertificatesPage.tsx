import { Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ClientAuthorities } from '@/features/access/ClientAuthorities';
import { UserCertificates } from '@/features/access/UserCertificates';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { userPages } from '@/ui/userPages';

/** Whose client certificates are taken, and who is known by which. */
export function CertificatesPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t('certificates.title')} />
      <PageTabs name="nav.users" tabs={userPages} />
      <Stack gap="xl">
        <ClientAuthorities />
        <UserCertificates />
      </Stack>
    </>
  );
}
