// Administration: who may do what, where events go, and the record of it all. A line a page.
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod/mini';
import { inApp, page } from '@/app/routes/base';
import { ownPolicySearch, writtenPoliciesSearch, writtenPolicySearch } from '@/features/trust/policySearch';
import { promiseStates } from '@/features/trust/promiseStates';
import { dutySearch, evidenceSearch } from '@/features/trust/search';
import { lenient } from '@/lib/lenient';

const commitmentSearch = z.object({ state: lenient(z.enum(promiseStates)) });
const auditSearch = z.object({ action: lenient(z.string().check(z.maxLength(100))) });

export const administration = [
  createRoute({ ...inApp, path: '/approvals', component: page(() => import('@/features/approvals/ApprovalsPage'), 'ApprovalsPage') }),
  createRoute({ ...inApp, path: '/users', component: page(() => import('@/features/users/UsersPage'), 'UsersPage') }),
  createRoute({ ...inApp, path: '/users/roles', component: page(() => import('@/features/users/RolesPage'), 'RolesPage') }),
  createRoute({ ...inApp, path: '/users/keys', component: page(() => import('@/features/users/ApiKeysPage'), 'ApiKeysPage') }),
  createRoute({ ...inApp, path: '/users/sessions', component: page(() => import('@/features/users/SessionsPage'), 'SessionsPage') }),
  createRoute({ ...inApp, path: '/users/access', component: page(() => import('@/features/access/AccessPage'), 'AccessPage') }),
  createRoute({ ...inApp, path: '/users/providers', component: page(() => import('@/features/access/ProvidersPage'), 'ProvidersPage') }),
  createRoute({ ...inApp, path: '/users/certificates', component: page(() => import('@/features/access/CertificatesPage'), 'CertificatesPage') }),
  createRoute({ ...inApp, path: '/sessions', component: page(() => import('@/features/session/OwnSessionsPage'), 'OwnSessionsPage') }),
  createRoute({ ...inApp, path: '/destinations', component: page(() => import('@/features/destinations/DestinationsPage'), 'DestinationsPage') }),
  createRoute({ ...inApp, path: '/audit', validateSearch: auditSearch, component: page(() => import('@/features/audit/AuditPage'), 'AuditPage') }),
  createRoute({ ...inApp, path: '/tenants', component: page(() => import('@/features/tenants/TenantsPage'), 'TenantsPage') }),
  createRoute({ ...inApp, path: '/tenants/isolation', component: page(() => import('@/features/tenants/IsolationPage'), 'IsolationPage') }),
  createRoute({ ...inApp, path: '/tenants/template', component: page(() => import('@/features/tenants/TemplatePage'), 'TemplatePage') }),
  createRoute({ ...inApp, path: '/tenants/$tenantId', component: page(() => import('@/features/tenants/TenantPage'), 'TenantPage') }),
  createRoute({ ...inApp, path: '/access-grants', component: page(() => import('@/features/grants/GrantsPage'), 'GrantsPage') }),
  createRoute({ ...inApp, path: '/keys', component: page(() => import('@/features/keys/KeysPage'), 'KeysPage') }),
  createRoute({ ...inApp, path: '/health', component: page(() => import('@/features/health/HealthPage'), 'HealthPage') }),
  createRoute({ ...inApp, path: '/assurance', component: page(() => import('@/features/trust/AssurancePage'), 'AssurancePage') }),
  createRoute({ ...inApp, path: '/assurance/commitments', validateSearch: commitmentSearch, component: page(() => import('@/features/trust/CommitmentsPage'), 'CommitmentsPage') }),
  createRoute({ ...inApp, path: '/assurance/evidence', validateSearch: evidenceSearch, component: page(() => import('@/features/trust/EvidencePage'), 'EvidencePage') }),
  createRoute({ ...inApp, path: '/assurance/duties', validateSearch: dutySearch, component: page(() => import('@/features/trust/DutiesPage'), 'DutiesPage') }),
  createRoute({ ...inApp, path: '/assurance/documents', component: page(() => import('@/features/trust/DocumentsPage'), 'DocumentsPage') }),
  createRoute({ ...inApp, path: '/assurance/terms', component: page(() => import('@/features/trust/TermsPage'), 'TermsPage') }),
  createRoute({ ...inApp, path: '/assurance/policies', validateSearch: writtenPoliciesSearch, component: page(() => import('@/features/trust/WrittenPoliciesPage'), 'WrittenPoliciesPage') }),
  createRoute({ ...inApp, path: '/assurance/policies/$policyId', validateSearch: writtenPolicySearch, component: page(() => import('@/features/trust/WrittenPolicyPage'), 'WrittenPolicyPage') }),
  createRoute({ ...inApp, path: '/own-policies', validateSearch: ownPolicySearch, component: page(() => import('@/features/trust/OwnPoliciesPage'), 'OwnPoliciesPage') }),
  createRoute({ ...inApp, path: '/privacy', component: page(() => import('@/features/privacy/CollectionPage'), 'CollectionPage') }),
  createRoute({ ...inApp, path: '/privacy/retention', component: page(() => import('@/features/privacy/RetentionPage'), 'RetentionPage') }),
  createRoute({ ...inApp, path: '/privacy/requests', component: page(() => import('@/features/privacy/SubjectsPage'), 'SubjectsPage') }),
  createRoute({ ...inApp, path: '/backups', component: page(() => import('@/features/backups/BackupsPage'), 'BackupsPage') }),
] as const;
