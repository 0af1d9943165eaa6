import { PageTabs, type PageTab } from '@/ui/PageTabs';

const tabs: readonly PageTab[] = [
  ['/users', 'nav.users'],
  ['/users/keys', 'apiKeys.title'],
];

/** The pages about who may do what. */
export function UserTabs() {
  return <PageTabs name="nav.users" tabs={tabs} />;
}
