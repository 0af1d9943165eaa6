import { NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { type Control, Controller, type ControllerRenderProps } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { kinds, type KindField, type KindName } from '@/features/destinations/kinds';
import type { DestinationValues } from '@/features/destinations/values';

/** The settings of one kind of destination. */
export function KindFields({ kind, control }: { kind: KindName; control: Control<DestinationValues> }) {
  return kinds[kind].fields.map((field) => (
    <Controller key={`${kind}.${field.key}`} control={control} name={`settings.${field.key}`} render={({ field: input, fieldState }) => <SettingInput field={field} input={input} error={fieldState.error?.message} />} />
  ));
}

type Input = ControllerRenderProps<DestinationValues, `settings.${string}`>;

function SettingInput({ field: { key, input: kind, required }, input, error }: { field: KindField; input: Input; error: string | undefined }) {
  const { t } = useTranslation();
  const label = t(`destinations.settings.${key as 'url'}`);
  const hint = t(`destinations.settingHints.${key as 'ca_pem'}`, { defaultValue: '' }) || undefined;
  const { name, onBlur, onChange, ref } = input;
  const common = { label, description: hint, error, name, onBlur, ref };
  const text = String(input.value);
  if (kind === 'switch') return <Switch {...common} checked={input.value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (kind === 'number') return <NumberInput {...common} required value={Number(input.value)} onChange={onChange} min={1} max={65_535} />;
  if (kind === 'area' || kind === 'list') return <Textarea {...common} required={required ?? false} autosize minRows={2} maxRows={6} value={text} onChange={onChange} />;
  if (kind === 'text') return <TextInput {...common} required={required ?? false} value={text} onChange={onChange} />;
  const data = kind.map((value) => ({ value, label: t(`destinations.choices.${value as 'tls'}`) }));
  return <Select {...common} allowDeselect={false} value={text} onChange={onChange} data={data} />;
}
