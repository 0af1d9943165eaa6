import { Button, Group, Popover, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { IconCalendar } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchState } from '@/features/events/useSearchState';
import { usePreferences } from '@/lib/preferences';
import { formatTime, ranges, type Range } from '@/lib/time';

/** The moment that a datetime-local field shows, in this browser's zone or UTC; undefined when it is none. */
function momentOf(text: string, isUtc: boolean): string | undefined {
  const date = new Date(isUtc ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export function TimeRange() {
  const { t } = useTranslation();
  const { search, change } = useSearchState();
  const { zone } = usePreferences();
  const isCustom = search.from !== undefined;
  return (
    <Group gap="xs">
      <SegmentedControl
        size="xs"
        aria-label={t('events.range')}
        value={isCustom ? '' : (search.range ?? '24h')}
        onChange={(range) => change({ range: range as Range, from: undefined, to: undefined })}
        data={ranges.map((range) => ({ value: range, label: t(`range.${range}`) }))}
      />
      <CustomRange
        label={isCustom ? `${formatTime(search.from ?? '', zone)} – ${search.to ? formatTime(search.to, zone) : t('range.now')}` : t('range.custom')}
      />
    </Group>
  );
}

function CustomRange({ label }: { label: string }) {
  const { t } = useTranslation();
  const { change } = useSearchState();
  const { zone } = usePreferences();
  const [opened, setOpened] = useState(false);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const start = momentOf(from, zone === 'UTC');
  const end = momentOf(to, zone === 'UTC');
  const isWrong = !start || (end !== undefined && end <= start);
  const apply = () => {
    change({ from: start, to: end, range: undefined });
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} withinPortal position="bottom-end" trapFocus>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<IconCalendar size={14} />} onClick={() => setOpened(!opened)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('range.custom')}>
        <Stack gap="xs">
          <TextInput type="datetime-local" step={1} size="xs" label={t('range.from')} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="datetime-local" step={1} size="xs" label={t('range.to')} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          <Button size="xs" disabled={isWrong} onClick={apply}>
            {t('range.apply')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
