import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '@/api/queries';

const none: string[] = [];

/** The rights of whoever is logged in. */
export function useRights(): string[] {
  return useQuery(sessionQuery).data?.rights ?? none;
}
export function useCan(right: string): boolean {
  return useRights().includes(right);
}
