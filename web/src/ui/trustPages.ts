import type { PageTab } from '@/ui/PageTabs';

/** How the tenant is served. */
const own: PageTab = ['/assurance', 'assurance.title'];

/** The register behind the public page, which the service's operators alone have. */
export const trustPages: readonly PageTab[] = [own, ['/assurance/commitments', 'commitments.title'], ['/assurance/duties', 'duties.title'], ['/assurance/evidence', 'evidence.title'], ['/assurance/documents', 'documents.title'], ['/assurance/terms', 'terms.title'], ['/assurance/policies', 'writtenPolicies.title']];

export const privacyPages: readonly PageTab[] = [
  ['/privacy', 'collection.title'],
  ['/privacy/retention', 'retention.title'],
  ['/privacy/requests', 'subjects.title'],
];
