// Administration: who may do what, where events go, and the record of it all. A line a page.
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod/mini';
import { inApp, page } from '@/app/routes/base';
import { lenient } from '@/lib/lenient';

const auditSearch = z.object({ action: lenient(z.string().check(z.maxLength(100))) });

export const administration = [
  createRoute({ ...inApp, path: '/approvals', component: page(() => import('@/features/approvals/ApprovalsPage'), 'ApprovalsPage') }),
  createRoute({ ...inApp, path: '/users', component: page(() => import('@/features/users/UsersPage'), 'UsersPage') }),
  createRoute({ ...inApp, path: '/users/keys', component: page(() => import('@/features/users/ApiKeysPage'), 'ApiKeysPage') }),
  createRoute({ ...inApp, path: '/destinations', component: page(() => import('@/features/destinations/DestinationsPage'), 'DestinationsPage') }),
  createRoute({ ...inApp, path: '/audit', validateSearch: auditSearch, component: page(() => import('@/features/audit/AuditPage'), 'AuditPage') }),
] as const;
