import { Button, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { groupsQuery, smartGroupsQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { DashboardTab } from '@/api/types';
import { ranges } from '@/lib/time';

interface TabScopeProps {
  tab: DashboardTab;
  change: (part: Partial<DashboardTab>) => void;
  arranging: { shift: (by: number) => void; remove: (() => void) | undefined } | undefined;
}

const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => ({ value: id, label: name }));

/** The time range and the scope of a tab, and when it is arranged its name and place. */
export function TabScope({ tab, change, arranging }: TabScopeProps) {
  const { t } = useTranslation();
  const canSeeHosts = useCan('agents:read');
  const groups = useQuery({ ...groupsQuery, enabled: canSeeHosts }).data ?? [];
  const smart = useQuery({ ...smartGroupsQuery, enabled: canSeeHosts }).data ?? [];
  return (
    <Group gap="xs" mb="sm" align="end">
      {arranging && <Kept label={t('dashboard.tabName')} value={tab.name} keep={(name) => name && change({ name: name.slice(0, 60) })} />}
      <SegmentedControl
        size="xs"
        aria-label={t('events.range')}
        value={tab.range}
        onChange={(range) => change({ range: ranges.find((each) => each === range) ?? '24h' })}
        data={ranges.map((range) => ({ value: range, label: t(`range.${range}`) }))}
      />
      <Kept label={t('events.search')} value={tab.filter} keep={(filter) => change({ filter })} wide />
      {canSeeHosts && (
        <Select
          size="xs"
          clearable
          aria-label={t('fleet.group')}
          placeholder={t('dashboard.allHosts')}
          value={tab.smart_group_id ?? tab.group_id}
          onChange={(id) => change(smart.some((each) => each.id === id) ? { group_id: null, smart_group_id: id } : { group_id: id, smart_group_id: null })}
          data={[
            { group: t('fleet.groups'), items: named(groups) },
            { group: t('smart.many'), items: named(smart) },
          ]}
        />
      )}
      {arranging && (
        <Button.Group>
          <Button size="xs" variant="default" onClick={() => arranging.shift(-1)}>
            {t('dashboard.tabEarlier')}
          </Button>
          <Button size="xs" variant="default" onClick={() => arranging.shift(1)}>
            {t('dashboard.tabLater')}
          </Button>
          <Button size="xs" variant="default" disabled={!arranging.remove} onClick={arranging.remove}>
            {t('dashboard.removeTab')}
          </Button>
        </Button.Group>
      )}
    </Group>
  );
}

interface KeptProps {
  label: string;
  value: string;
  keep: (text: string) => void;
  wide?: boolean;
}

/** A text that counts once it is left or Enter is pressed. */
function Kept({ label, value, keep, wide = false }: KeptProps) {
  const [text, setText] = useState(value);
  const leave = () => {
    if (text.trim() !== value) keep(text.trim());
  };
  return (
    <TextInput
      size="xs"
      w={wide ? 'min(100%, 320px)' : 160}
      aria-label={label}
      placeholder={label}
      value={text}
      maxLength={2000}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={leave}
      onKeyDown={(event) => event.key === 'Enter' && leave()}
    />
  );
}
