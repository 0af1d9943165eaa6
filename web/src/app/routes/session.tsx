// Logging in, and what comes before the console proper.
import { createRoute, redirect } from '@tanstack/react-router';
import { z } from 'zod/mini';
import { sessionQuery } from '@/api/queries';
import { type Context, page, root } from '@/app/routes/base';
import { lenient } from '@/lib/lenient';

const inRoot = { getParentRoute: () => root };
const ofUser = async ({ context }: { context: Context }) => {
  if (!(await context.client.ensureQueryData(sessionQuery))) throw redirect({ to: '/login' });
};
const loginSearch = z.object({
  next: lenient(z.string().check(z.maxLength(8192))),
  sso: lenient(z.enum(['continue', 'failed', 'cancelled', 'unavailable'])),
  tenant: lenient(z.string().check(z.regex(/^[a-z0-9-]{1,63}$/))),
});

export const session = [
  createRoute({ ...inRoot, path: '/login', validateSearch: loginSearch, component: page(() => import('@/features/session/LoginPage'), 'LoginPage') }),
  createRoute({ ...inRoot, path: '/password', beforeLoad: ofUser, component: page(() => import('@/features/session/PasswordPage'), 'PasswordPage') }),
  createRoute({ ...inRoot, path: '/second-factor', beforeLoad: ofUser, component: page(() => import('@/features/session/SecondFactorPage'), 'SecondFactorPage') }),
  createRoute({ ...inRoot, path: '/reset', component: page(() => import('@/features/session/ResetPage'), 'ResetPage') }),
] as const;
