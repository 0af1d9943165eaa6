import { NumberInput, Radio, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Null: as what stands above has it. Undefined: nothing was chosen. */
export type AssetValue = number | null | undefined;

export const leastValue = 1;
export const greatestValue = 100;
export const isAssetValue = (value: AssetValue): value is number | null => value === null || (value !== undefined && Number.isInteger(value) && value >= leastValue && value <= greatestValue);

interface AssetValueFieldsProps {
  value: AssetValue;
  inherited: string; // what "none of its own" is called here
  change: (value: AssetValue) => void;
}

/** A value of its own, or that from above. An empty number is chosen, and none yet. */
export function AssetValueFields({ value, inherited, change }: AssetValueFieldsProps) {
  const { t } = useTranslation();
  const chosen = value === undefined ? null : value === null ? 'inherited' : 'own';
  const isWrong = chosen === 'own' && !isAssetValue(value);
  return (
    <Radio.Group label={t('fleet.assetValue')} description={t('fleet.assetValueHint')} value={chosen} onChange={(next) => change(next === 'own' ? Number.NaN : null)}>
      <Stack gap="xs" mt="xs">
        <Radio value="inherited" label={inherited} />
        <Radio value="own" label={t('fleet.assetValueOwn')} />
        {chosen === 'own' && (
          <NumberInput
            aria-label={t('fleet.assetValueNumber')}
            w={120}
            ml="xl"
            min={leastValue}
            max={greatestValue}
            allowDecimal={false}
            clampBehavior="none"
            hideControls
            value={Number.isNaN(value) ? '' : (value ?? '')}
            onChange={(next) => change(next === '' ? Number.NaN : Number(next))}
            error={isWrong && t('form.invalid')}
          />
        )}
      </Stack>
    </Radio.Group>
  );
}
