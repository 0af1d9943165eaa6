import { PageTabs } from '@/ui/PageTabs';
import { userPages } from '@/ui/userPages';

export function UserTabs() {
  return <PageTabs name="nav.users" tabs={userPages} />;
}
