import type { Destination } from '@/api/types';
import { stateColor } from '@/ui/theme';

export type StandingName = 'off' | 'failing' | 'behind' | 'served' | 'new';

/** How it stands with a destination: what was never tried is not called served. */
export function standing({ enabled, state }: Pick<Destination, 'enabled' | 'state'>): StandingName {
  if (!enabled) return 'off';
  if (state.error) return 'failing';
  if (state.backlog > 0) return 'behind';
  return state.last_delivery ? 'served' : 'new';
}

export const standingColor = { off: stateColor.idle, failing: stateColor.bad, behind: stateColor.warn, served: stateColor.good, new: stateColor.idle };
