import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';

/** Users to choose from, and the name of each by the id; the id where the reader may not know users. */
export function usePeople() {
  const canRead = useCan('users:read');
  const users = useQuery({ ...usersQuery, enabled: canRead }).data;
  const nameOf = useCallback((id: string) => users?.find((each) => each.id === id)?.username ?? id, [users]);
  return { users: users ?? [], nameOf };
}
