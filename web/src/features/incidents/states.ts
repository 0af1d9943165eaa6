import type { Incident, IncidentState } from '@/api/types';

const working: readonly IncidentState[] = ['triaged', 'contained', 'eradicated', 'recovered'];

/** Where an incident may go from here, closing aside: that takes more than a note. */
export function nextStates(state: IncidentState): IncidentState[] {
  return state === 'closed' ? ['triaged'] : working.filter((each) => each !== state);
}

export type ClosingWord = 'root_cause' | 'corrective_action' | 'plan_review';
export const closingWords: readonly ClosingWord[] = ['root_cause', 'corrective_action', 'plan_review'];

/** What closing still takes: of what is written, and of the incident for what is not being changed. */
export function missingToClose(words: Record<ClosingWord, string>): ClosingWord[] {
  return closingWords.filter((word) => words[word].trim() === '');
}

export const wordsOf = ({ root_cause, corrective_action, plan_review }: Incident): Record<ClosingWord, string> => ({ root_cause, corrective_action, plan_review });

export const incidentStates: readonly IncidentState[] = ['declared', ...working, 'closed'];
