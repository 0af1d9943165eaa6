// Languages: the catalogues are loaded one at a time; types make an unknown key a compile error.
import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type en from '@/lib/locales/en.json';

export const locales = ['en', 'ja'] as const;
export type Locale = (typeof locales)[number];

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
    returnNull: false;
  }
}

export const isLocale = (value: unknown): value is Locale => locales.includes(value as Locale);

const load = {
  en: () => import('@/lib/locales/en.json'),
  ja: () => import('@/lib/locales/ja.json'),
};

export async function setLocale(instance: i18n, locale: Locale): Promise<void> {
  if (!instance.hasResourceBundle(locale, 'translation')) {
    instance.addResourceBundle(locale, 'translation', (await load[locale]()).default, true, true);
  }
  await instance.changeLanguage(locale);
  document.documentElement.lang = locale;
}

export async function startI18n(locale: Locale): Promise<i18n> {
  await i18next.use(initReactI18next).init({
    lng: locale,
    fallbackLng: false,
    resources: {},
    partialBundledLanguages: true,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await setLocale(i18next, locale);
  return i18next;
}
