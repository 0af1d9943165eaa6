import { Select } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { setApiLocale } from '@/api/client';
import { isLocale, type Locale, setLocale } from '@/lib/i18n';
import { setPreferences } from '@/lib/preferences';

/** Changes the language of everything, what the manager writes included. */
export function useChangeLocale(): (locale: Locale) => Promise<void> {
  const { i18n } = useTranslation();
  const client = useQueryClient();
  return async (locale) => {
    setPreferences({ locale });
    setApiLocale(locale);
    await setLocale(i18n, locale);
    await client.invalidateQueries({ queryKey: ['events'] });
  };
}

export function LanguageMenu() {
  const { t, i18n } = useTranslation();
  const change = useChangeLocale();
  return (
    <Select
      size="xs"
      w={110}
      aria-label={t('settings.language')}
      allowDeselect={false}
      value={i18n.language}
      onChange={(locale) => isLocale(locale) && void change(locale)}
      data={[
        { value: 'en', label: 'English' },
        { value: 'ja', label: '日本語' },
      ]}
    />
  );
}
