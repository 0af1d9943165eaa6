// Short names for the contract's types.
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Session = Schemas['Session'];
export type ResetLink = Schemas['ResetLink'];
export type User = Schemas['User'];
export type Agent = Schemas['Agent'];
export type ModuleState = Schemas['ModuleState'];
export type Command = Schemas['Command'];
export type Group = Schemas['Group'];
export type EnrolToken = Schemas['EnrolToken'];
export type MaintenanceToken = Schemas['MaintenanceToken'];
export type Policy = Schemas['Policy'];
export type EffectiveSetting = Schemas['EffectiveSetting'];
export type PolicyVersion = Schemas['PolicyVersion'];
export type GoldenHost = Schemas['GoldenHost'];
export type Event = Schemas['Event'];
export type EventHistogram = Schemas['EventHistogram'];
export type EventFieldInfo = Schemas['EventFieldInfo'];
export type Facet = Schemas['Facet'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditVerification = Schemas['AuditVerification'];
export type Approval = Schemas['Approval'];
export type InventoryItem = Schemas['InventoryItem'];
export type InventoryVersion = Schemas['InventoryVersion'];
export type Problem = Schemas['Problem'];
export type Severity = Event['severity'];
export type Role = Schemas['Role'];
export type ApiKey = Schemas['ApiKey'];
export type Destination = Schemas['Destination'];

export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
export const builtInRoles = ['full-access', 'auditor', 'operator', 'soc-analyst', 'infosec'] as const;
export type BuiltInRole = (typeof builtInRoles)[number];
