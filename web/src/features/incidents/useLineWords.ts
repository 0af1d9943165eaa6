// What a line of the timeline says, in the reader's language.
import type { ParseKeys } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useUserName } from '@/api/actors';
import type { IncidentLine } from '@/api/types';
import { incidentStates } from '@/features/incidents/states';

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

export function useLineWords(): (line: IncidentLine) => string {
  const { t } = useTranslation();
  const nameOf = useUserName();
  const stateOf = (value: unknown) => {
    const state = incidentStates.find((each) => each === value);
    return state ? t(`incidentState.${state}`) : textOf(value);
  };
  return ({ kind, detail }) => {
    const key = `incidents.line.${kind}` as ParseKeys;
    switch (kind) {
      case 'state':
        return t('incidents.line.state', { from: stateOf(detail.from), to: stateOf(detail.to) });
      case 'assigned':
        return t('incidents.line.assigned', { name: nameOf(textOf(detail.user)), skill: textOf(detail.skill) || '–' });
      case 'escalated':
        return t('incidents.line.escalated', { name: nameOf(textOf(detail.user)), level: Number(detail.level) + 1 });
      case 'changed':
        return t('incidents.line.changed', { what: Object.keys(detail).filter((each) => !['number', 'line'].includes(each)).join(', ') });
      default:
        return t(key, { defaultValue: kind });
    }
  };
}
