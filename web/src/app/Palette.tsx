// Ctrl-K: what can be done with what is selected, every page and every setting, by name. The single keys of those actions
// live here, too.
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useMantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useRights } from '@/api/session';
import { pages } from '@/app/navigation';
import { useLogout } from '@/app/UserMenu';
import { useChangeLocale } from '@/ui/LanguageMenu';
import { useNewestOffer } from '@/ui/useOffer';
import { useShortcuts } from '@/ui/useShortcuts';
import '@mantine/spotlight/styles.css';

export default function Palette({ showHelp }: { showHelp: () => void }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const rights = useRights();
  const logout = useLogout();
  const changeLocale = useChangeLocale();
  const { toggleColorScheme } = useMantineColorScheme();
  const offer = useNewestOffer();
  useShortcuts(Object.fromEntries((offer?.actions ?? []).flatMap(({ action, run }) => (action.key ? [[action.key, run]] : []))));
  const places: SpotlightActionData[] = [
    ...pages
      .filter((page) => rights.includes(page.right))
      .map((page) => ({ id: page.to, label: t(page.label), onClick: () => void navigate({ to: page.to }) })),
    { id: 'critical', label: t('palette.critical'), onClick: () => void navigate({ to: '/events', search: { filter: 'severity >= high' } }) },
    { id: 'live', label: t('palette.live'), onClick: () => void navigate({ to: '/events', search: { live: '1' } }) },
    { id: 'enrol', label: t('fleet.addAgent'), onClick: () => void navigate({ to: '/fleet/enrolment' }) },
    { id: 'groups', label: t('fleet.groups'), onClick: () => void navigate({ to: '/fleet/groups' }) },
    { id: 'own-policies', label: t('ownPolicies.title'), onClick: () => void navigate({ to: '/own-policies' }) },
    { id: 'scheme', label: t('palette.scheme'), onClick: () => toggleColorScheme() },
    { id: 'language', label: i18n.language === 'en' ? '日本語' : 'English', onClick: () => void changeLocale(i18n.language === 'en' ? 'ja' : 'en') },
    { id: 'help', label: t('help.title'), onClick: showHelp },
    { id: 'logout', label: t('session.logout'), onClick: () => void logout() },
  ];
  const offered: SpotlightActionGroupData[] = offer
    ? [
        {
          group: offer.target,
          actions: offer.actions.map(({ action: { id, label, icon: Icon }, run }) => ({
            id: `offer-${id}`,
            label: t(label),
            onClick: run,
            leftSection: Icon ? <Icon size={18} /> : undefined,
          })),
        },
      ]
    : [];
  return (
    <Spotlight
      actions={offered.length > 0 ? [...offered, { group: t('palette.places'), actions: places }] : places}
      shortcut={['mod + K']}
      tagsToIgnore={[]}
      nothingFound={t('palette.nothing')}
      searchProps={{ placeholder: t('palette.search'), 'aria-label': t('palette.search') }}
      attributes={{ content: { 'aria-label': t('palette.search') } }}
      lockScroll={false}
      transitionProps={{ duration: 80 }}
      highlightQuery
    />
  );
}
