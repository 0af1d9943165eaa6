import { Center, Loader, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '@/ui/Problem';

export interface Loadable {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
}

export function Loading() {
  const { t } = useTranslation();
  return (
    <Center p="xl" role="status">
      <Loader size="sm" type="dots" aria-label={t('state.loading')} />
    </Center>
  );
}

/** `isPage`: there is nothing else on the page, so this is its heading. */
export function Empty({ title, children, isPage = false }: { title: string; children?: ReactNode; isPage?: boolean }) {
  return (
    <Center p="xl">
      <Stack gap={4} align="center" maw={480} ta="center">
        <Text fw={600} component={isPage ? 'h1' : 'p'} m={0}>
          {title}
        </Text>
        {children && (
          <Text component="div" size="sm" c="dimmed">
            {children}
          </Text>
        )}
      </Stack>
    </Center>
  );
}

/** The states that come before there is something to show: loading, refused, failed. */
export function Gate({ query, children }: { query: Loadable; children: ReactNode }) {
  if (query.isPending) return <Loading />;
  if (query.isError) return <Problem error={query.error} retry={() => query.refetch()} />;
  return children;
}
