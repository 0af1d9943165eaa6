import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { setCsrfToken } from '@/api/client';
import { sessionQuery } from '@/api/queries';
import type { Session } from '@/api/types';

/** Only paths of this console are gone back to after login. */
export const safeNext = (next: string | undefined) => (next && /^\/(?![/\\])/.test(next) ? next : '/events');

/** What follows a login, whatever it was proven by. */
export function useEnter() {
  const client = useQueryClient();
  const router = useRouter();
  return (session: Session, next?: string) => {
    setCsrfToken(session.csrf_token);
    client.clear();
    client.setQueryData(sessionQuery.queryKey, session);
    router.history.push(session.must_change_password ? '/password' : safeNext(next));
  };
}
