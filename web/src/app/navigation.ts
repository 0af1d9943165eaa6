// The pages of the navigation and the palette, by area, with the right that each needs. A line a page.
import {
  IconAlertTriangle,
  IconBell,
  IconBug,
  IconBuildings,
  IconCalendarCheck,
  IconCertificate,
  IconDatabaseExport,
  IconEyeOff,
  IconFileText,
  IconGauge,
  IconGridDots,
  IconKey,
  IconLayoutDashboard,
  IconListSearch,
  IconReportAnalytics,
  IconRosetteDiscountCheck,
  IconSend,
  IconServer2,
  IconShieldCog,
  IconUrgent,
  IconUserShield,
  IconUsers,
  IconWall,
} from '@tabler/icons-react';
import type { LinkProps } from '@tanstack/react-router';
import type { ParseKeys } from 'i18next';
import type { ComponentType } from 'react';

/** Addresses without a part to fill in. */
type Address = Exclude<NonNullable<LinkProps['to']>, `${string}$${string}` | `.${string}` | ''>;

export interface PageLink {
  to: Address;
  label: ParseKeys;
  right: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  /** Nothing that another tenant than the first could ever have: not shown to those without the right. */
  isForOperators?: boolean;
}

interface Section {
  id: 'watch' | 'fleet' | 'policies' | 'administration';
  pages: readonly PageLink[];
}

const watch: readonly PageLink[] = [
  { to: '/dashboard', label: 'nav.dashboard', right: 'events:read', icon: IconLayoutDashboard },
  { to: '/events', label: 'nav.events', right: 'events:read', icon: IconBell },
  { to: '/alerts', label: 'nav.alerts', right: 'alerts:read', icon: IconAlertTriangle },
  { to: '/incidents', label: 'nav.incidents', right: 'incidents:read', icon: IconUrgent },
  { to: '/review', label: 'nav.review', right: 'reviews:read', icon: IconCalendarCheck },
  { to: '/reports', label: 'nav.reports', right: 'reports:read', icon: IconReportAnalytics },
];

const fleet: readonly PageLink[] = [
  { to: '/fleet', label: 'nav.fleet', right: 'agents:read', icon: IconServer2 },
];

const policies: readonly PageLink[] = [
  { to: '/policies', label: 'nav.policies', right: 'policies:read', icon: IconShieldCog },
  { to: '/rules', label: 'nav.rules', right: 'policies:read', icon: IconListSearch },
  { to: '/attack', label: 'nav.attack', right: 'policies:read', icon: IconGridDots },
  { to: '/firewall', label: 'nav.firewall', right: 'policies:read', icon: IconWall },
  { to: '/quarantine', label: 'nav.quarantine', right: 'agents:read', icon: IconBug },
];

const administration: readonly PageLink[] = [
  { to: '/approvals', label: 'nav.approvals', right: 'approvals:read', icon: IconCertificate },
  { to: '/users', label: 'nav.users', right: 'users:read', icon: IconUsers },
  { to: '/destinations', label: 'nav.destinations', right: 'destinations:read', icon: IconSend },
  { to: '/audit', label: 'nav.audit', right: 'audit:read', icon: IconFileText },
  { to: '/tenants', label: 'nav.tenants', right: 'tenants:read', icon: IconBuildings, isForOperators: true },
  { to: '/access-grants', label: 'nav.grants', right: 'access-grants:read', icon: IconUserShield },
  { to: '/keys', label: 'nav.keys', right: 'keys:read', icon: IconKey },
  { to: '/assurance', label: 'nav.assurance', right: 'trust:read', icon: IconRosetteDiscountCheck },
  { to: '/privacy', label: 'nav.privacy', right: 'privacy:read', icon: IconEyeOff },
  { to: '/backups', label: 'nav.backups', right: 'backups:read', icon: IconDatabaseExport },
  { to: '/health', label: 'nav.health', right: 'system:read', icon: IconGauge },
];

/** In the order of the navigation; a section's heading is the text `nav.section.<id>`. */
export const sections: readonly Section[] = [
  { id: 'watch', pages: watch },
  { id: 'fleet', pages: fleet },
  { id: 'policies', pages: policies },
  { id: 'administration', pages: administration },
];

export const pages: readonly PageLink[] = sections.flatMap((section) => section.pages);
