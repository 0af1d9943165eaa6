// The pages of the navigation and the palette, with the right that each needs.
import { IconBell, IconCertificate, IconFileText, IconSend, IconServer2, IconShieldCog, IconUsers } from '@tabler/icons-react';
import type { ParseKeys } from 'i18next';
import type { ComponentType } from 'react';

interface PageLink {
  to: '/events' | '/fleet' | '/policies' | '/approvals' | '/users' | '/destinations' | '/audit';
  label: ParseKeys;
  right: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
}

export const pages: readonly PageLink[] = [
  { to: '/events', label: 'nav.events', right: 'events:read', icon: IconBell },
  { to: '/fleet', label: 'nav.fleet', right: 'agents:read', icon: IconServer2 },
  { to: '/policies', label: 'nav.policies', right: 'policies:read', icon: IconShieldCog },
  { to: '/approvals', label: 'nav.approvals', right: 'approvals:read', icon: IconCertificate },
  { to: '/users', label: 'nav.users', right: 'users:read', icon: IconUsers },
  { to: '/destinations', label: 'nav.destinations', right: 'destinations:read', icon: IconSend },
  { to: '/audit', label: 'nav.audit', right: 'audit:read', icon: IconFileText },
];
