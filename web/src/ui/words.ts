import type { ParseKeys } from 'i18next';
import { useTranslation } from 'react-i18next';

type Family = 'module' | 'action_taken' | 'field' | 'command' | 'section' | 'right' | 'keyLevel' | 'firewallWord';

/** The word for one of the manager's stable names; the name itself when there is none (a newer manager). */
export function useWord(): (family: Family, name: string) => string {
  const { t } = useTranslation();
  return (family, name) => t(`${family}.${name.replaceAll('.', '_')}` as ParseKeys, { defaultValue: name });
}
