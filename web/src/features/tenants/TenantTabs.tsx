import { PageTabs, type PageTab } from '@/ui/PageTabs';

const tabs: readonly PageTab[] = [
  ['/tenants', 'nav.tenants'],
  ['/tenants/isolation', 'tenants.isolation'],
  ['/tenants/template', 'tenants.template'],
];

export function TenantTabs() {
  return <PageTabs name="nav.tenants" tabs={tabs} />;
}
