import { Avatar, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { ownPoliciesQuery } from '@/api/ownPolicies';
import { sessionQuery } from '@/api/queries';
import classes from '@/app/UserMenu.module.css';
import { setPreferences, usePreferences } from '@/lib/preferences';
import { formatTime, zoneName } from '@/lib/time';
import { useChangeLocale } from '@/ui/LanguageMenu';
import { notifyFailure } from '@/ui/notify';
import { stateColor } from '@/ui/theme';
import { useRoleName } from '@/ui/useRoleName';

const schemes = ['auto', 'light', 'dark'] as const;

export function useLogout(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await api.DELETE('/session');
    } catch (error) {
      notifyFailure(error);
    }
    client.clear();
    client.setQueryData(sessionQuery.queryKey, null);
    await navigate({ to: '/login' });
  };
}

/** What the one who is logged in has not acknowledged: how many policies, and whether one is overdue. */
function useWaitingPolicies() {
  const waiting = useQuery(ownPoliciesQuery).data?.filter((each) => each.state !== 'complete') ?? [];
  return { count: waiting.length, isLate: waiting.some((each) => each.state === 'overdue') };
}

export function UserMenu() {
  const { t, i18n } = useTranslation();
  const session = useQuery(sessionQuery).data;
  const navigate = useNavigate();
  const logout = useLogout();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { zone, singleKeys } = usePreferences();
  const changeLocale = useChangeLocale();
  const roleName = useRoleName();
  const previousLogin = (time: string, address: string | null) =>
    address ? t('session.previousLoginFrom', { time: formatTime(time, zone), address }) : t('session.previousLogin', { time: formatTime(time, zone) });
  const { count, isLate } = useWaitingPolicies();
  const name = session?.user.display_name || session?.user.username || '';
  return (
    <Menu position="bottom-end" closeOnItemClick={false} width={260}>
      <Menu.Target>
        <UnstyledButton className={classes.button ?? ''} aria-label={count > 0 ? t('nav.userWaiting', { name, count }) : t('nav.user', { name })}>
          <Avatar size={30} radius="xl" aria-hidden />
          {count > 0 && <span className={classes.waiting} style={{ background: isLate ? stateColor.bad : stateColor.warn }} aria-hidden />}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name} · {session?.user.roles.map(roleName).join(', ')}
        </Menu.Label>
        {session?.previous_login && <Menu.Label>{previousLogin(session.previous_login, session.previous_address)}</Menu.Label>}
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(schemes.find((each) => each === scheme) ?? 'auto')}>
          {schemes.map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {t(`settings.scheme.${scheme}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.RadioGroup value={i18n.language} onChange={(locale) => void changeLocale(locale === 'ja' ? 'ja' : 'en')}>
          <Menu.RadioItem value="en">English</Menu.RadioItem>
          <Menu.RadioItem value="ja">日本語</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.RadioGroup value={zone} onChange={(choice) => setPreferences({ zone: choice === 'UTC' ? 'UTC' : 'local' })}>
          <Menu.RadioItem value="local">{t('settings.localZone', { zone: zoneName('local') })}</Menu.RadioItem>
          <Menu.RadioItem value="UTC">UTC</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.CheckboxItem checked={singleKeys} onChange={(checked) => setPreferences({ singleKeys: checked })}>
          {t('settings.singleKeys')}
        </Menu.CheckboxItem>
        <Menu.Divider />
        <Menu.Item closeMenuOnClick onClick={() => void navigate({ to: '/own-policies' })}>
          {count > 0 ? t('ownPolicies.waiting', { count }) : t('ownPolicies.title')}
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => void navigate({ to: '/password' })}>
          {t('session.changePassword')}
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => void navigate({ to: '/sessions' })}>
          {t('sessions.own')}
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => void navigate({ to: '/second-factor' })}>
          {t('factor.title')}
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => void logout()}>
          {t('session.logout')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
