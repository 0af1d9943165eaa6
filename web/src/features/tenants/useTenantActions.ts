// What can be done to a tenant: each act with its right and why it may be refused.
import { useMemo } from 'react';
import type { OperatedTenant } from '@/api/types';
import type { StatusChange } from '@/features/tenants/StatusDialog';
import type { Action } from '@/lib/actions';

export interface TenantAct {
  kind: 'limits' | StatusChange;
  tenant: OperatedTenant;
}

/** The first tenant operates the others, and the manager keeps it. */
const isFirst = (tenant: OperatedTenant | undefined) => tenant?.name === 'primary';

export function useTenantActions(begin: (act: TenantAct) => void): Action<OperatedTenant>[] {
  return useMemo(() => {
    const act = (kind: TenantAct['kind'], label: Action<OperatedTenant>['label'], refusal: Action<OperatedTenant>['refusal'], dangerous = false): Action<OperatedTenant> => ({
      id: kind, label, right: 'tenants:write', single: true, dangerous,
      ...(refusal ? { refusal } : {}),
      run: ([tenant]) => tenant && begin({ kind, tenant }),
    });
    return [
      act('limits', 'tenants.limits', undefined),
      act('active', 'tenants.change.active', ([tenant]) => (tenant?.status === 'active' ? 'tenants.isActive' : undefined)),
      act('suspended', 'tenants.change.suspended', ([tenant]) => (isFirst(tenant) ? 'tenants.isFirst' : tenant?.status === 'active' ? undefined : 'tenants.isNotActive'), true),
      act('deleting', 'tenants.change.deleting', ([tenant]) => (isFirst(tenant) ? 'tenants.isFirst' : tenant?.status === 'deleting' ? 'tenants.isDeleting' : undefined), true),
    ];
  }, [begin]);
}
