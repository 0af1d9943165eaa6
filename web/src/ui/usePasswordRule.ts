import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { passwordPolicyQuery } from '@/api/queries';

/** What the tenant wants of a password, in words. */
export function usePasswordRule(): string {
  const { t, i18n } = useTranslation();
  const rules = useQuery(passwordPolicyQuery).data?.rules;
  const sentences = [t('session.passwordRule', { length: rules?.min_length ?? 8 })];
  if (rules?.letters_and_digits) sentences.push(t('session.passwordRuleDigits'));
  if (rules?.both_cases) sentences.push(t('session.passwordRuleCases'));
  if (rules?.no_personal_words) sentences.push(t('session.passwordRuleNames'));
  return sentences.join(i18n.language === 'ja' ? '' : ' ');
}
