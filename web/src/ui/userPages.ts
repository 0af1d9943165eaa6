import type { PageTab } from '@/ui/PageTabs';

/** The pages about who may come in and do what. */
export const userPages: readonly PageTab[] = [
  ['/users', 'nav.users'],
  ['/users/roles', 'roles.title'],
  ['/users/keys', 'apiKeys.title'],
  ['/users/sessions', 'sessions.title'],
  ['/users/access', 'access.title'],
  ['/users/providers', 'providers.title'],
  ['/users/certificates', 'certificates.title'],
];
