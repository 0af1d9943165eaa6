import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { limitKeys, type LimitTexts, wrongLimits } from '@/features/tenants/limits';

export const partitions = ['', 'day', 'week', 'month'] as const;
export type Partition = (typeof partitions)[number];

interface LimitFieldsProps {
  limits: LimitTexts;
  partition: Partition;
  change: (limits: LimitTexts, partition: Partition) => void;
}

/** Limits, nothing for none, and how events are partitioned. */
export function LimitFields({ limits, partition, change }: LimitFieldsProps) {
  const { t } = useTranslation();
  const wrong = wrongLimits(limits);
  return (
    <>
      {limitKeys.map((key) => (
        <TextInput
          key={key}
          label={t(`tenants.limit.${key}`)}
          placeholder={t('tenants.noLimit')}
          inputMode="numeric"
          value={limits[key]}
          error={wrong.includes(key) && t('tenants.wrongLimit')}
          onChange={(event) => change({ ...limits, [key]: event.currentTarget.value }, partition)}
        />
      ))}
      <Select
        label={t('tenants.partition')}
        description={t('tenants.partitionHint')}
        allowDeselect={false}
        value={partition === '' ? 'auto' : partition}
        data={partitions.map((each) => ({ value: each === '' ? 'auto' : each, label: t(`tenants.partitions.${each === '' ? 'auto' : each}`) }))}
        onChange={(value) => change(limits, value === 'auto' ? '' : (value as Partition))}
      />
    </>
  );
}
