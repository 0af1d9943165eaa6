import { MultiSelect, NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from '@/features/policies/Policies.module.css';
import type { SettingSchema, SettingValue } from '@/lib/schema';

interface SettingInputProps {
  schema: SettingSchema;
  value: SettingValue;
  isDisabled: boolean;
  error: string | undefined;
  change: (value: SettingValue) => void;
}

/** The one input that fits a setting's type. */
export function SettingInput({ schema, value, isDisabled, error, change }: SettingInputProps) {
  const { t } = useTranslation();
  const common = { size: 'xs', disabled: isDisabled, error, 'aria-label': schema.key } as const;
  if (schema.type === 'boolean') {
    return (
      <Switch
        {...common}
        size="sm"
        label={value === true ? t('common.on') : t('common.off')}
        aria-label={schema.key}
        checked={value === true}
        onChange={(event) => change(event.currentTarget.checked)}
      />
    );
  }
  if (schema.type === 'integer') {
    return <NumberInput {...common} value={Number(value)} onChange={(next) => change(next === '' ? Number.NaN : Number(next))} />;
  }
  if (schema.type === 'list') {
    const list = Array.isArray(value) ? value : [];
    if (schema.choices) return <MultiSelect {...common} value={list} data={schema.choices} onChange={change} />;
    return (
      <Textarea
        {...common}
        autosize
        minRows={2}
        maxRows={12}
        classNames={{ input: classes.list ?? '' }}
        description={t('policies.onePerLine')}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={list.join('\n')}
        onChange={(event) => change(event.currentTarget.value === '' ? [] : event.currentTarget.value.split('\n'))}
        onBlur={() => change(list.map((each) => each.trim()).filter((each) => each !== ''))}
      />
    );
  }
  if (schema.choices) {
    return <Select {...common} allowDeselect={false} value={String(value)} data={schema.choices} onChange={(next) => change(next ?? '')} />;
  }
  return <TextInput {...common} value={String(value)} onChange={(event) => change(event.currentTarget.value)} />;
}
