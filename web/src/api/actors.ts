import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';

/** Records keep ids, because names change: "user:ID" becomes the user's name where the reader may know it. */
export function useActorName(): (actor: string) => string {
  const canReadUsers = useCan('users:read');
  const users = useQuery({ ...usersQuery, enabled: canReadUsers }).data;
  return useCallback((actor) => users?.find((user) => actor === `user:${user.id}`)?.username ?? actor, [users]);
}

/** As above, of a bare id of a user. */
export function useUserName(): (id: string) => string {
  const nameOf = useActorName();
  return useCallback((id) => (id === '' ? '' : nameOf(`user:${id}`).replace(/^user:/, '')), [nameOf]);
}
