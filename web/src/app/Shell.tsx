import { ActionIcon, AppShell, Burger, Button, Group, Kbd, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { IconKeyboard, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionQuery } from '@/api/queries';
import { DeclareButton } from '@/app/DeclareButton';
import { Navigation } from '@/app/Navigation';
import classes from '@/app/Shell.module.css';
import { UserMenu } from '@/app/UserMenu';
import { usePreferences } from '@/lib/preferences';
import { zoneLabel } from '@/lib/time';
import { Logo } from '@/ui/Logo';
import { useClock } from '@/ui/useClock';
import { useShortcuts } from '@/ui/useShortcuts';

const Palette = lazy(() => import('@/app/Palette'));
const Help = lazy(() => import('@/app/Help'));

export function Shell() {
  const { t } = useTranslation();
  const [isOpen, nav] = useDisclosure();
  const [isHelp, help] = useDisclosure();
  useShortcuts({ 'shift+?': help.toggle });
  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isOpen } }} padding="md">
      <a className={classes.skip} href="#content">
        {t('nav.skip')}
      </a>
      <AppShell.Header className={classes.header ?? ''}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={isOpen} onClick={nav.toggle} hiddenFrom="sm" size="sm" aria-label={t('nav.menu')} />
            <Logo size={24} />
            <Text fw={700}>Warder</Text>
            <Tenant />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <DeclareButton />
            <Button size="xs" variant="default" leftSection={<IconSearch size={14} />} rightSection={<Kbd size="xs">Ctrl K</Kbd>} onClick={spotlight.open} visibleFrom="xs">
              {t('palette.open')}
            </Button>
            <Tooltip label={t('help.title')}>
              <ActionIcon variant="subtle" color="gray" aria-label={t('help.title')} onClick={help.open}>
                <IconKeyboard size={18} />
              </ActionIcon>
            </Tooltip>
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t('nav.pages')} p="xs" className={classes.navbar ?? ''}>
        <Navigation leave={nav.close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main ?? ''}>
        <Outlet />
      </AppShell.Main>
      <Suspense>
        <Palette showHelp={help.open} />
        {isHelp && <Help close={help.close} />}
      </Suspense>
    </AppShell>
  );
}

function Tenant() {
  const session = useQuery(sessionQuery).data;
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const now = useClock();
  return (
    <Text size="xs" c="dimmed" visibleFrom="sm">
      {t('nav.tenant')}: {session?.tenant.name} · {zoneLabel(zone, i18n.language, now)}
    </Text>
  );
}
